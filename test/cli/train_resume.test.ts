import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Gpu } from '../../src/gpu/gpu.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { atrous, type Ended, MAIN } from './support.ts'
import { errorOf, useTraining } from './train_support.ts'

describe('atrous train', () => {
  const { path, command, model, metrics } = useTraining()

  it('stops after a step, and resumes bit for bit (slow)', async () => {
    await atrous(...command('straight'))
    expect((await atrous(...command('run', '--stop-after', '4'))).stdout).to.match(/^step 4 of 6/)
    expect((await atrous(...command('run', '--resume'))).stdout).to.match(/^step 6 of 6/)
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    expect((await atrous(...command('run', '--resume'))).stdout).to.match(/^step 6 of 6, in/)
  })

  it('accepts the whole recipe, and resumes with it (slow)', async () => {
    const balance = ['--class-weights', 'balanced', '--bootstrap', 'bright', '--head-learning-rate', '2']
    const distortions = [
      '--rotation',
      '10',
      '--colour-jitter',
      '0.2,0.3,0.4,0.1',
      '--grey',
      '0.1',
      '--blur',
      '0.5',
    ]
    const options = [...balance, ...distortions, '--dropout', '0.5', '--auxiliary-loss', '0.5']
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
      rotation: 10,
      colourJitter: [0.2, 0.3, 0.4, 0.1],
      grey: 0.1,
      blur: 0.5,
    })
    expect(await errorOf(command('run', '--resume', '--class-weights', '1,2'))).to.equal(
      'error: --resume: classWeights is balanced in the checkpoint, not 1,2; it cannot change during a run\n',
    )
  })

  it('trains by --recipe small-data but for other options, and resumes (slow)', async () => {
    const options = ['--recipe', 'small-data', '--no-freeze-batch-norm', '--decay-batch-norm']
    await atrous(...command('straight', ...options))
    await atrous(...command('run', '--stop-after', '3', ...options))
    const resumed = await atrous(...command('run', '--resume', ...options))
    expect(resumed.stdout, resumed.stderr).to.match(/^step 6 of 6/)
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
    const { recipe } = JSON.parse(await readFile(path('run/checkpoints/step-6/training.json'), 'utf8'))
    const given = { steps: 6, batchSize: 2, cropSize: 33, learningRate: 0.05, freezeBatchNorm: false }
    expect(recipe).to.include({ recipe: 'small-data', optimizer: 'adamw', ...given, decayBatchNorm: true })
    expect(await errorOf(command('run', '--resume', '--recipe', 'paper'))).to.equal(
      'error: --resume: recipe is small-data in the checkpoint, not paper; it cannot change during a run\n',
    )
  })

  it('resumes bit for bit with micro-batches and another activation budget (slow)', async () => {
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

  it('resumes after kill −9 with the results of an uninterrupted run (slow)', async () => {
    const more = ['--save-every', '2', '--validate-every', '3']
    await atrous(...command('straight', ...more))
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...command('run', ...more)])
    const ended = new Promise(resolve => child.on('close', (_, signal) => resolve(signal)))
    while (!existsSync(path('run/checkpoints/step-2'))) await sleep(5)
    child.kill('SIGKILL')
    expect(await ended).to.equal('SIGKILL')
    expect(existsSync(path('run/model.safetensors')), 'it has finished already').to.equal(false)
    const { code, stderr } = await atrous(...command('run', '--resume', ...more))
    expect(code, stderr).to.equal(0)
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
  })

  it('continues with a new GPU if the device is lost (slow)', async () => {
    await atrous(...command('straight'))
    const { submit } = Gpu.prototype
    let runs = 0
    Gpu.prototype.submit = function (label, record) {
      if (label === 'plan' && ++runs === 5) this.device.destroy()
      submit.call(this, label, record)
    }
    try {
      const { code, stderr } = await atrous(...command('run', '--save-every', '3'))
      expect(code, stderr).to.equal(0)
      expect(stderr).to.match(/^warning: the GPU device was lost .*; continuing from step 3$/m)
    } finally {
      Gpu.prototype.submit = submit
    }
    expect(await metrics('run')).to.deep.equal(await metrics('straight'))
    expect((await model('run')).equals(await model('straight'))).to.equal(true)
  })

  describe('with an image that breaks during the run (slow)', () => {
    /** The image that the third step draws first, at two images per step. */
    const later = () => path(`voc/JPEGImages/photo${new Sampler([0, 1, 2, 3], 0).at(2)}.jpg`)

    /** Runs with this photo damaged after the check, and restores it afterwards. */
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

    it('ends with a checkpoint, and resumes after the image is repaired, or without it with --skip-bad', async () => {
      await atrous(...command('straight'))
      const { code, stdout, stderr } = await damaged(...command('run'))
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.match(
        /^error: \S+photo\d\.jpg: damaged or cut short \(.*\); step 1 is saved: repair the image, or leave it out with --resume --skip-bad$/m,
      )
      expect(await readdir(path('run/checkpoints'))).to.deep.equal(['step-1'])
      await cp(path('run'), path('without'), { recursive: true })

      expect((await atrous(...command('run', '--resume'))).code).to.equal(0)
      expect(await metrics('run')).to.deep.equal(await metrics('straight'))
      expect((await model('run')).equals(await model('straight'))).to.equal(true)

      await truncate(later(), 300)
      const refused = await atrous(...command('without', '--resume'))
      expect(refused.stderr).to.match(
        /^error: \S+photo\d\.jpg: damaged.*\nerror: --skip-bad leaves them out\n$/,
      )
      const skipped = await atrous(...command('without', '--resume', '--skip-bad'))
      expect(skipped.stdout, skipped.stderr).to.match(/^step 6 of 6/)
      expect(skipped.stderr).to.match(/^warning: \S+\.jpg: damaged .*; training goes on without this image$/m)
      expect(await metrics('without')).to.not.deep.equal(await metrics('straight'))
    })
  })
})
