import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { COLOUR } from '../../src/cli/train/train_curves.ts'
import { vocColour } from '../../src/data/palette.ts'
import { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab } from '../../src/node/index.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { writeHalves } from '../node/halves_dataset.ts'
import { useEmptyCache, useTemporaryFolder } from '../node/support.ts'
import { writeBinary, writeLabels, writeText } from '../node/tiny_dataset.ts'
import { testGpu } from '../support/gpu.ts'
import { atrous, type Ended, MAIN, saveTinyModel } from './support.ts'

describe('atrous train', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await writeHalves(path('voc'))
  })

  /** Six small steps, into a folder of this name. */
  const command = (out: string, ...more: string[]) => [
    ...['train', '--dataset', `voc:${path('voc')}`, '--model', path('model'), '--out', path(out)],
    ...['--steps', '6', '--batch-size', '2', '--crop-size', '33', '--learning-rate', '0.05', ...more],
  ]
  const model = (out: string) => readFile(path(`${out}/model.safetensors`))

  /** Lines of metrics.jsonl, less what differs from run to run. */
  async function metrics(out: string): Promise<object[]> {
    const lines = (await readFile(path(`${out}/metrics.jsonl`), 'utf8')).trim().split('\n')
    return lines.map(line => ({ ...JSON.parse(line), imagesPerSecond: undefined }))
  }

  async function errorOf(args: string[]): Promise<string> {
    const { code, stderr } = await atrous(...args)
    expect(code).to.equal(1)
    expect(
      stderr
        .trim()
        .split('\n')
        .filter(line => !line.startsWith('warning: ')),
    ).to.have.length(1)
    return stderr
  }

  it('leaves a model that other commands read, checkpoints and metrics', async () => {
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

  describe('draws', () => {
    /** How many points each line has in a run's picture, from left to right. */
    async function curves(out: string) {
      const svg = await readFile(path(`${out}/curves.svg`), 'utf8')
      await sharp(Buffer.from(svg)).stats() // throws where it is not well-formed
      const points = (colour: string) => {
        const found = new RegExp(`<path d="M([^"]*)" fill="none"[^>]* stroke="${colour}"`).exec(svg)
        return found ? found[1].split('L').length : 0
      }
      return { loss: points(COLOUR.loss), meanIoU: points(COLOUR.meanIoU), rate: points(COLOUR.learningRate) }
    }

    it('loss, mean IoU and learning rate, of all steps even where a run was resumed', async () => {
      const more = ['--validate-every', '2']
      await atrous(...command('run', '--stop-after', '4', ...more))
      expect(await curves('run')).to.deep.equal({ loss: 4, meanIoU: 2, rate: 4 })
      await atrous(...command('run', '--resume', ...more))
      expect(await curves('run')).to.deep.equal({ loss: 6, meanIoU: 3, rate: 6 })
    })

    it('no mean IoU where there is no validation', async () => {
      await atrous(...command('run'))
      expect(await curves('run')).to.deep.equal({ loss: 6, meanIoU: 0, rate: 6 })
      expect(existsSync(path('run/samples.png'))).to.equal(false)
    })

    it('photos, their truth and what the model sees in them', async () => {
      await atrous(
        // Frozen: statistics of two images would make what it learns hang on the last bits.
        ...command('run', '--steps', '30', '--validate-every', '30', '--freeze-batch-norm'),
        ...['--no-flip', '--random-scale', '1,1'],
      )
      const { data, info } = await sharp(path('run/samples.png')).raw().toBuffer({ resolveWithObject: true })
      // Four photos of 40×36 are shown at five times their size, below the headings and above the legend.
      const [gap, top, width, height] = [10, 35, 200, 180]
      expect(info.width).to.equal(gap + 3 * (width + gap))
      expect(info.height).to.be.within(top + 4 * (height + gap) + 20, top + 4 * (height + gap) + 60)
      const pixel = (column: number, row: number, x: number, y: number) => {
        const left = gap + column * (width + gap) + x * 5 + 2
        const at = ((top + row * (height + gap) + y * 5 + 2) * info.width + left) * 3
        return [...data.subarray(at, at + 3)]
      }
      const model = await DeepLab.load(path('run'), { gpu: await testGpu() })
      const seen = await model.segment([0, 1, 2, 3].map(i => path(`voc/JPEGImages/photo${i}.jpg`)))
      await model.dispose()
      seen.forEach(({ mask }, row) => {
        for (let i = 0; i < mask.length; i++) {
          const [x, y] = [i % 40, Math.floor(i / 40)]
          const truth = Number(row % 2 === 0 ? x >= 20 : y >= 18)
          expect(pixel(1, row, x, y), `truth ${row} at ${x}, ${y}`).to.deep.equal([...vocColour(truth)])
          expect(pixel(2, row, x, y), `seen ${row} at ${x}, ${y}`).to.deep.equal([...vocColour(mask[i])])
        }
      })
      expect(new Set(seen.flatMap(({ mask }) => [...mask])), 'classes seen').to.have.property('size', 2)
      expect(await readFile(path('run/best/samples.png'))).to.deep.equal(
        await readFile(path('run/samples.png')),
      )
    })

    it('whole or not at all', async () => {
      await mkdir(path('run/curves.svg'), { recursive: true })
      await writeFile(path('run/run.json'), '{}') // as of a run that was killed before its first checkpoint
      expect(await errorOf(command('run', '--freeze-batch-norm'))).to.match(
        /curves\.svg: is a folder, not a file\n$/,
      )
      expect((await readdir(path('run'))).filter(name => name.endsWith('.tmp'))).to.deep.equal([])
    })
  })

  it('stops after a step, and goes on bit for bit', async () => {
    await atrous(...command('straight'))
    expect((await atrous(...command('run', '--stop-after', '4'))).stdout).to.match(/^step 4 of 6/)
    expect((await atrous(...command('run', '--resume'))).stdout).to.match(/^step 6 of 6/)
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    expect((await atrous(...command('run', '--resume'))).stdout).to.match(/^step 6 of 6, in/)
  })

  it('takes the whole recipe, and goes on with it', async () => {
    const balance = ['--class-weights', 'balanced', '--bootstrap', 'bright', '--head-learning-rate', '2']
    const options = [...balance, '--dropout', '0.5', '--auxiliary-loss', '0.5']
    await atrous(...command('straight', ...options))
    await atrous(...command('run', '--stop-after', '3', ...options))
    expect((await atrous(...command('run', '--resume', ...options))).stdout).to.match(/^step 6 of 6/)
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    const { recipe } = JSON.parse(await readFile(path('run/checkpoints/step-6/training.json'), 'utf8'))
    expect(recipe).to.deep.include({
      classWeights: 'balanced',
      hardClasses: ['bright'],
      headLearningRate: 2,
      dropout: 0.5,
      auxiliaryLoss: 0.5,
    })
    expect(await errorOf(command('run', '--resume', '--class-weights', '1,2'))).to.equal(
      'error: --resume: classWeights is balanced in the checkpoint, not 1,2; it cannot change midway\n',
    )
  })

  it('goes on bit for bit with micro-batches, and with another activation budget', async () => {
    const more = ['--micro-batch-size', '1', '--freeze-batch-norm']
    await atrous(...command('straight', ...more))
    await atrous(...command('run', ...more, '--stop-after', '3'))
    const { code, stderr } = await atrous(...command('run', '--resume', '--activation-budget', '0.25'))
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    const state = JSON.parse(await readFile(path('run/checkpoints/step-6/training.json'), 'utf8'))
    expect(state.recipe).to.include({ batchSize: 2, microBatchSize: 1, activationBudget: 0.25 })
  })

  it('goes on after kill −9 as if it had never stopped', async () => {
    const more = ['--save-every', '2', '--validate-every', '3']
    await atrous(...command('straight', ...more))
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...command('run', ...more)])
    const ended = new Promise(resolve => child.on('close', (_, signal) => resolve(signal)))
    while (!existsSync(path('run/checkpoints/step-2'))) await sleep(5)
    child.kill('SIGKILL')
    expect(await ended).to.equal('SIGKILL')
    expect(existsSync(path('run/model.safetensors')), 'it was done already').to.equal(false)
    const { code, stderr } = await atrous(...command('run', '--resume', ...more))
    expect(code, stderr).to.equal(0)
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
  })

  it('goes on with a new GPU where the device is lost', async () => {
    await atrous(...command('straight'))
    const { submit } = Gpu.prototype
    let runs = 0
    Gpu.prototype.submit = function (label, record) {
      if (label === 'run' && ++runs === 5) this.device.destroy()
      submit.call(this, label, record)
    }
    try {
      const { code, stderr } = await atrous(...command('run', '--save-every', '3'))
      expect(code, stderr).to.equal(0)
      expect(stderr).to.match(/^warning: the GPU device was lost .*; going on from step 3$/m)
    } finally {
      Gpu.prototype.submit = submit
    }
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
  })

  it('starts from a preset’s untrained weights', async () => {
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

  describe('with an image that breaks during the run', () => {
    /** The image that the third step of two draws first. */
    const later = () => path(`voc/JPEGImages/photo${new Sampler([0, 1, 2, 3], 0).at(2)}.jpg`)

    /** Runs with that photo damaged from the check on, and whole again afterwards. */
    async function damaged(...args: string[]): Promise<Ended> {
      const whole = await readFile(later())
      const { create } = TrainingRun
      TrainingRun.create = async (...rest) => {
        await truncate(later(), 300)
        return create.apply(TrainingRun, rest)
      }
      try {
        return await atrous(...args)
      } finally {
        TrainingRun.create = create
        await writeFile(later(), whole)
      }
    }

    it('ends with a checkpoint, and goes on once the image is mended, or without it by --skip-bad', async () => {
      await atrous(...command('straight'))
      const { code, stdout, stderr } = await damaged(...command('run'))
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.match(
        /^error: \S+photo\d\.jpg: damaged or cut short \(.*\); step 1 is saved: mend the image, or leave it out by --resume --skip-bad$/m,
      )
      expect(await readdir(path('run/checkpoints'))).to.deep.equal(['step-1'])
      await cp(path('run'), path('without'), { recursive: true })

      expect((await atrous(...command('run', '--resume'))).code).to.equal(0)
      expect(await metrics('run')).to.deep.equal(await metrics('straight'))
      expect((await model('run')).equals(await model('straight'))).to.equal(true)

      await truncate(later(), 300)
      const refused = await atrous(...command('without', '--resume'))
      expect(refused.stderr).to.match(
        /^error: \S+photo\d\.jpg: damaged.*\nerror: --skip-bad goes on without them\n$/,
      )
      const skipped = await atrous(...command('without', '--resume', '--skip-bad'))
      expect(skipped.stdout, skipped.stderr).to.match(/^step 6 of 6/)
      expect(skipped.stderr).to.match(/^warning: \S+\.jpg: damaged .*; training goes on without this image$/m)
      expect(await metrics('without')).to.not.deep.equal(await metrics('straight'))
    })
  })

  it('validates on background alone, but does not pass that for perfect', async () => {
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

  describe('says in a line', () => {
    it('that a folder holds a run, or none', async () => {
      await atrous(...command('run', '--stop-after', '1'))
      expect(await errorOf(command('run'))).to.match(/holds a run at step 1: go on with it by --resume/)
      expect(await errorOf(command('other', '--resume'))).to.match(
        /other: no checkpoint from which to resume$/m,
      )
      expect(await errorOf(command('run', '--resume', '--seed', '2'))).to.equal(
        'error: --resume: seed is 0 in the checkpoint, not 2; it cannot change midway\n',
      )
    })

    it('which class or weight is odd', async () => {
      const says = async (...options: string[]) => (await errorOf(command('run', ...options))).trim()
      expect(await says('--bootstrap')).to.equal(
        'error: there is no class "bicycle"; the classes are dark, bright',
      )
      expect(await says('--bootstrap', 'bright, sofa')).to.match(/^error: there is no class "sofa"/)
      expect(await says('--class-weights', '1,2,3')).to.equal(
        'error: classWeights: expected a weight for each of the 2 classes, got 3',
      )
      expect(await says('--class-weights', '1,much')).to.match(/Expected a number\.$/)
      expect(await says('--dropout', '1')).to.equal(
        'error: dropout: expected a share from 0 to below 1, got 1',
      )
    })

    it('that a checkpoint is cut short', async () => {
      await atrous(...command('run', '--stop-after', '1'))
      const metricsBefore = await readFile(path('run/metrics.jsonl'))
      for (const [name, complaint] of [
        ['training.json', 'not JSON, or cut short'],
        ['training.safetensors', 'safetensors: .*cut short\\?'],
        ['model.safetensors', 'safetensors: .*cut short\\?'],
      ]) {
        const file = path(`run/checkpoints/step-1/${name}`)
        const whole = await readFile(file)
        await truncate(file, Math.floor(whole.length / 2))
        expect(await errorOf(command('run', '--resume'))).to.match(
          new RegExp(`^error: \\S+/step-1/${name}: ${complaint}\n$`),
        )
        await writeFile(file, whole)
      }
      expect(await readFile(path('run/metrics.jsonl'))).to.deep.equal(metricsBefore)
      expect((await atrous(...command('run', '--resume'))).code).to.equal(0)
    })

    it('how to go on where the last checkpoint is damaged', async () => {
      await atrous(...command('straight'))
      await atrous(...command('run', '--stop-after', '4', '--save-every', '2'))
      await truncate(path('run/checkpoints/step-4/model.safetensors'), 9000)
      expect(await errorOf(command('run', '--resume'))).to.match(
        /^error: \S+\/step-4\/model\.safetensors: .*; to go on from step 2, remove \S+\/run\/checkpoints\/step-4\n$/,
      )
      await rm(path('run/checkpoints/step-4'), { recursive: true })
      expect((await atrous(...command('run', '--resume'))).code).to.equal(0)
      expect(await metrics('run')).to.deep.equal(await metrics('straight'))
      expect((await model('run')).equals(await model('straight'))).to.equal(true)

      await writeHalves(path('voc'), 5)
      expect(await errorOf(command('run', '--resume'))).to.match(/ is another dataset\n$/)
    })

    it('that a split is empty, or that there is none of its name', async () => {
      await writeText(path('voc/ImageSets/Segmentation/none.txt'))
      for (const more of [
        ['--split', 'none'],
        ['--validate-on', 'none', '--validate-every', '2'],
      ])
        expect(await errorOf(command('run', ...more))).to.match(/none\.txt: the list is empty\n$/)
      expect(await errorOf(command('run', '--split', 'absent'))).to.match(/: no split "absent"; there is /)
      expect(existsSync(path('run'))).to.equal(false)
    })

    it('that a mask has another size, or a class that there is not', async () => {
      await writeLabels(path('voc/SegmentationClass/photo0.png'), 9, 9, 1)
      const size = await atrous(...command('run'))
      expect(size.stderr).to.match(/photo0\.jpg: 40×36 pixels, but .*photo0\.png 9×9\nerror: --skip-bad/)
      await writeLabels(path('voc/SegmentationClass/photo0.png'), 40, 36, 7)
      const odd = await atrous(...command('run'))
      expect(odd.stderr).to.match(/^error: photo0: holds class 7, but the last of the 2 classes is 1\n/)
      expect(odd.code).to.equal(1)
      expect(existsSync(path('run'))).to.equal(false)
    })

    it('at which step the loss is no number, and where the last checkpoint is', async () => {
      const absurd = command('run', '--save-every', '1').map(arg => (arg === '0.05' ? '1e30' : arg))
      expect(await errorOf(absurd)).to.match(/^error: step \d: .*; the last good checkpoint is .*step-\d\n$/m)
    })
  })
})
