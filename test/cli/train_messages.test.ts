import { existsSync } from 'node:fs'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { writeHalves } from '../node/halves_dataset.ts'
import { writeLabels, writeText } from '../node/tiny_dataset.ts'
import { atrous } from './support.ts'
import { errorOf, useTraining } from './train_support.ts'

describe('atrous train', () => {
  const { path, command, model, metrics } = useTraining()

  describe('says in one line', () => {
    it('that a folder holds a run, or no run', async () => {
      await atrous(...command('run', '--stop-after', '1'))
      expect(await errorOf(command('run'))).to.match(/holds a run at step 1: continue it with --resume/)
      expect(await errorOf(command('other', '--resume'))).to.match(/other: no checkpoint to resume from$/m)
      expect(await errorOf(command('run', '--resume', '--seed', '2'))).to.equal(
        'error: --resume: seed is 0 in the checkpoint, not 2; it cannot change during a run\n',
      )
    })

    it('which class or weight is invalid', async () => {
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

    it('that a checkpoint is cut short (slow)', async () => {
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

    it('how to continue if the last checkpoint is damaged (slow)', async () => {
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

    it('that a split is empty or missing', async () => {
      await writeText(path('voc/ImageSets/Segmentation/none.txt'))
      for (const more of [
        ['--split', 'none'],
        ['--validate-on', 'none', '--validate-every', '2'],
      ])
        expect(await errorOf(command('run', ...more))).to.match(/none\.txt: the list is empty\n$/)
      expect(await errorOf(command('run', '--split', 'absent'))).to.match(/: no split "absent"; there is /)
      expect(existsSync(path('run'))).to.equal(false)
    })

    it('that a mask has another size or an unknown class', async () => {
      await writeLabels(path('voc/SegmentationClass/photo0.png'), 9, 9, 1)
      const size = await atrous(...command('run'))
      expect(size.stderr).to.match(/photo0\.jpg: 40×36 pixels, but .*photo0\.png 9×9\nerror: --skip-bad/)
      await writeLabels(path('voc/SegmentationClass/photo0.png'), 40, 36, 7)
      const odd = await atrous(...command('run'))
      expect(odd.stderr).to.match(/^error: photo0: holds class 7, but the last of the 2 classes is 1\n/)
      expect(odd.code).to.equal(1)
      expect(existsSync(path('run'))).to.equal(false)
    })

    it('at which step the loss grows without end, and where the last checkpoint of good weights is', async () => {
      const absurd = command('run', '--save-every', '1', '--freeze-batch-norm').map(arg =>
        arg === '0.05' ? '1' : arg,
      )
      const error = await errorOf(absurd)
      const [, step, good] =
        /^error: step (\d): the loss is .*; the last good checkpoint is .*step-(\d)\n$/m.exec(error) ?? []
      expect(Number(good), error).to.equal(Number(step) - 2)
      expect(existsSync(path(`run/checkpoints/step-${good}`))).to.equal(true)
    })
  })
})
