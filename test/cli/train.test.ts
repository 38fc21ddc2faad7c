import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { writeBinary, writeLabels, writeText } from '../node/tiny_dataset.ts'
import { atrous } from './support.ts'
import { errorOf, useTraining } from './train_support.ts'

describe('atrous train', () => {
  const { path, command, metrics } = useTraining()

  it('writes a model that other commands read, checkpoints and metrics', async () => {
    const { code, stdout, stderr } = await atrous(...command('run', '--save-every', '2'))
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^step 6 of 6, loss \d\.\d{4}, in [\d.]+ s\ntry it: atrous segment photo\.jpg /)
    expect(stderr).to.match(/^warning: batch norm trains on 2 images at a time, .*\n$/)
    expect((await readdir(path('run'))).sort()).to.deep.equal([
      ...['checkpoints', 'config.json', 'curves.svg', 'metrics.jsonl', 'model.safetensors', 'run.json'],
    ])
    expect(await readdir(path('run/checkpoints'))).to.have.members(['step-4', 'step-6'])
    expect((await metrics('run')).map(line => Object.keys(line))).to.deep.equal(
      new Array(6).fill(['step', 'loss', 'learningRate', 'imagesPerSecond']),
    )
    const data = ['--dataset', `voc:${path('voc')}`, '--size', '33', '--json']
    const scored = JSON.parse((await atrous('evaluate', ...data, '--model', path('run'))).stdout)
    expect(scored.classes.map(({ name }: { name: string }) => name)).to.deep.equal(['dark', 'bright'])
  })

  it('validates, and keeps the best model', async () => {
    const options = ['--validate-every', '3', '--json', '--freeze-batch-norm', '--no-flip']
    const { code, stdout, stderr } = await atrous(...command('run', ...options))
    expect(code, stderr).to.equal(0)
    const values = String.raw`loss [\d.]+ · rate [\d.]+ · [\d.]+ images/s · mean IoU [\d.]+ %`
    expect(stderr).to.match(
      new RegExp(`^step 3 of 6 · ${values} · \\d+ s left\nstep 6 of 6 · ${values} · 0 s left\n$`),
    )
    const found = JSON.parse(stdout)
    expect(found).to.include({ step: 6, steps: 6 })
    const scores = (await metrics('run')).filter(line => 'mIoU' in line) as { step: number; mIoU: number }[]
    expect(scores.map(({ step }) => step)).to.deep.equal([3, 6])
    expect(found.best.mIoU).to.equal(Math.max(...scores.map(({ mIoU }) => mIoU)))
    expect(existsSync(path('run/best/config.json'))).to.equal(true)
  })

  it('ends after validations without a better mean IoU, with the model of the best one', async () => {
    // With a rate of almost nothing, no validation is better than the first.
    const still = ['--learning-rate', '1e-20', '--validate-every', '1', '--freeze-batch-norm']
    const { code, stdout, stderr } = await atrous(...command('run', ...still, '--patience', '2'))
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(
      /^step 3 of 6, loss .*\nended early: the last validations had no better mean IoU\nbest mean IoU .*, after step 1: /,
    )
    const model = (folder: string) => readFile(path(`${folder}/model.safetensors`))
    expect((await model('run')).equals(await model('run/best'))).to.equal(true)
    const resumed = (...more: string[]) =>
      atrous('train', '--out', path('run'), '--resume', '--json', ...more)
    expect(JSON.parse((await resumed()).stdout)).to.include({ step: 3, endedEarly: true })
    expect(JSON.parse((await resumed('--patience', '9')).stdout)).to.include({ step: 6, steps: 6 })
    expect(await errorOf(command('other', '--patience', '2'))).to.equal(
      'error: --patience: expected with --validate-every, without which nothing is validated\n',
    )
  })

  it('starts from a preset’s untrained weights (slow)', async () => {
    const from = (network: string) =>
      command('run', '--network', network, '--stop-after', '1').filter((_, i) => i !== 3 && i !== 4)
    const { stdout, stderr } = await atrous(...from('deeplabv3_mobilenet_v2'))
    expect(stdout, stderr).to.match(/^step 1 of 6, loss 0\.[67]/)
    expect(JSON.parse(await readFile(path('run/config.json'), 'utf8')).id2label).to.deep.equal({
      0: 'dark',
      1: 'bright',
    })
    const unknown = await errorOf(from('no such').with(4, path('other')))
    expect(unknown).to.match(/^error: no preset is named no such; there are /)
  })

  it('validates on background alone without a perfect score (slow)', async () => {
    for (const i of [0, 1]) await writeLabels(path(`voc/SegmentationClass/photo${i}.png`), 40, 36, 0)
    await writeText(path('voc/ImageSets/Segmentation/val.txt'), 'photo0', 'photo1')
    const { code, stderr } = await atrous(...command('run', '--validate-every', '6', '--freeze-batch-norm'))
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/^warning: voc:\S+, split val: no pixel of bright$/m)
    expect(stderr).to.match(
      / mean IoU [\d.]+ %( over 1 of 2 classes; no pixel of bright|; predicted but in no labels, IoU 0: bright) · /,
    )
    const [found] = (await metrics('run')).filter(line => 'mIoU' in line) as Record<string, string[]>[]
    expect([...found.leftOut, ...found.onlyPredicted]).to.deep.equal(['bright'])
  })

  it('refuses masks of 0 and 255 with advice, and writes nothing', async () => {
    await writeBinary(path('binary'))
    const args = command('run').with(2, `folder:${path('binary')}`)
    for (const more of [[], ['--skip-bad']]) {
      const { code, stdout, stderr } = await atrous(...args, ...more)
      expect(stderr).to.match(
        /^error: folder:\S+, split train: the masks hold only the values 0 and 255, and 255 means "not labelled": .* write its class id, 1, instead; .*\n$/,
      )
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    }
    expect(existsSync(path('run'))).to.equal(false)
  })
})
