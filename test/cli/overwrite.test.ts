// Commands with --out replace no file of the user without permission. `segment` has separate tests.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { writeHalves } from '../node/halves_dataset.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous } from './support.ts'

describe('atrous: nothing is overwritten without permission', () => {
  const path = useTemporaryFolder()
  beforeEach(() => mkdir(path('out')))

  async function refuses(args: string[], complaint: string) {
    const before = await readdir(path('out'))
    const { code, stdout, stderr } = await atrous(...args, '--out', path('out'))
    expect({ code, stdout, stderr }).to.deep.equal({ code: 1, stdout: '', stderr: `error: ${complaint}\n` })
    expect(await readdir(path('out'))).to.deep.equal(before)
  }

  it('by bench', async () => {
    await writeFile(path('out/bench.svg'), '<svg/>')
    const complaint = `${path('out/bench.svg')} exists: --overwrite replaces it, --out takes another folder`
    await refuses(['bench', '--model', 'resnet50'], complaint)
    expect(await readFile(path('out/bench.svg'), 'utf8')).to.equal('<svg/>')
  })

  it('by train', async () => {
    await writeHalves(path('voc'))
    const train = ['train', '--dataset', `voc:${path('voc')}`, '--model', path('none.pth')]
    const advice = 'exists: a new run would replace it; choose another folder with --out'
    for (const name of ['model.safetensors', 'config.json', 'samples.png', 'curves.svg', 'metrics.jsonl']) {
      await mkdir(path('out'), { recursive: true })
      await writeFile(path(`out/${name}`), 'mine')
      await refuses(train, `${path(`out/${name}`)} ${advice}`)
      expect(await readFile(path(`out/${name}`), 'utf8')).to.equal('mine')
      await rm(path('out'), { recursive: true })
    }
  })

  it('by train, except files of a run that was killed before its first checkpoint', async () => {
    await writeHalves(path('voc'))
    const step = { step: 1, loss: 2, learningRate: 0.1, imagesPerSecond: 3 }
    await writeFile(path('out/metrics.jsonl'), `${JSON.stringify(step)}\n{"step":2,"lo`)
    await writeFile(path('out/run.json'), '{}')
    await writeFile(path('out/curves.svg'), '<svg/>')
    const train = ['train', '--dataset', `voc:${path('voc')}`, '--model', path('none.pth')]
    await refuses(train, `${path('none.pth')}: no such file or folder`)
  })
})
