import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { writeWarm } from '../node/warm_dataset.ts'
import { atrous, saveTinyModel } from './support.ts'
import { errorOf } from './train_support.ts'

const golden = (name: string) => fileURLToPath(new URL(`../node/golden/samples/${name}`, import.meta.url))

describe('atrous with images of channels of their own', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeWarm(path('warm'), 5)
  })

  const train = (...more: string[]) => [
    ...['train', '--dataset', `folder:${path('warm')}`, '--model', path('model'), '--out', path('run')],
    ...['--steps', '3', '--batch-size', '2', '--crop-size', '33', '--learning-rate', '0.05', ...more],
  ]

  it('trains a network of photos on them, evaluates it and segments a folder of arrays and a TIFF', async () => {
    const trained = await atrous(...train('--channels', '5', '--validate-every', '3'))
    expect(trained.code, trained.stderr).to.equal(0)
    const { network, preprocessing } = JSON.parse(await readFile(path('run/config.json'), 'utf8'))
    expect(network.inputChannels).to.equal(5)
    expect(preprocessing.channels).to.equal('samples')
    expect(preprocessing.mean[4]).to.be.closeTo(297, 2)

    const data = ['--dataset', `folder:${path('warm')}`, '--split', 'all', '--channels', '5', '--json']
    const scored = await atrous('evaluate', ...data, '--model', path('run'))
    expect(JSON.parse(scored.stdout).images, scored.stderr).to.equal(5)

    const out = ['--model', path('run'), '--out', path('out'), '--json']
    const files = [path('warm/images'), golden('pages-u16.tif'), golden('rgb.png')]
    const segmented = await atrous('segment', ...files, ...out)
    const results: { file: string; error?: string }[] = JSON.parse(segmented.stdout)
    expect(results.map(({ error }) => error)).to.deep.equal([
      ...new Array(6).fill(undefined),
      `${golden('rgb.png')}: expected an image of 5 channels, as the network takes, got 3`,
    ])
    expect(await readdir(path('out'))).to.include.members([
      '0.mask.png',
      '0.overlay.png',
      'pages-u16.mask.png',
    ])
  })

  it('refuses what does not fit in one line', async () => {
    expect(await errorOf(train('--channels', '9'))).to.match(
      /--channels <n>.*Expected a whole number from 1 to 8/,
    )
    expect(await errorOf(train('--channels', '4'))).to.match(
      /an array of 36 × 40 × 5: expected height × width × 4, as the network takes 4 channels, or 4 × height × width/,
    )
    expect(await errorOf(train())).to.match(/a NumPy array, and the network takes photos: /)
    const photos = [...train('--channels', '5').with(4, path('model')), '--stop-after', '1']
    expect((await atrous(...photos)).code).to.equal(0)
    const again = ['train', '--out', path('run'), '--resume', '--channels', '4']
    expect(await errorOf(again)).to.match(
      /--resume: channels is 5 in the run, not 4; it cannot change during a run/,
    )
    const photo = ['segment', path('warm/images/0.npy'), '--model', path('model'), '--out', path('out')]
    expect(await errorOf(photo)).to.match(/0\.npy: a NumPy array, and the network takes photos: /)
  })
})
