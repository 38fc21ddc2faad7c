import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { COLOUR } from '../../src/cli/train/train_curves.ts'
import { displayPalette } from '../../src/data/palette.ts'
import { DeepLab } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { atrous } from './support.ts'
import { errorOf, useTraining } from './train_support.ts'

describe('atrous train', () => {
  const { path, command } = useTraining()

  describe('draws', () => {
    /** The number of points in each line of a run's picture, from left to right. */
    async function curves(out: string) {
      const svg = await readFile(path(`${out}/curves.svg`), 'utf8')
      await sharp(Buffer.from(svg)).stats() // throws if it is not well-formed
      const points = (colour: string) => {
        const found = new RegExp(`<path d="M([^"]*)" fill="none"[^>]* stroke="${colour}"`).exec(svg)
        return found ? found[1].split('L').length : 0
      }
      return { loss: points(COLOUR.loss), meanIoU: points(COLOUR.meanIoU), rate: points(COLOUR.learningRate) }
    }

    it('loss, mean IoU and learning rate of all steps, also of a resumed run (slow)', async () => {
      const more = ['--validate-every', '2']
      await atrous(...command('run', '--stop-after', '4', ...more))
      expect(await curves('run')).to.deep.equal({ loss: 4, meanIoU: 2, rate: 4 })
      await atrous(...command('run', '--resume', ...more))
      expect(await curves('run')).to.deep.equal({ loss: 6, meanIoU: 3, rate: 6 })
    })

    it('no mean IoU without validation (slow)', async () => {
      await atrous(...command('run'))
      expect(await curves('run')).to.deep.equal({ loss: 6, meanIoU: 0, rate: 6 })
      expect(existsSync(path('run/samples.png'))).to.equal(false)
    })

    it('photos, their ground truth and the prediction', async () => {
      await atrous(
        // Batch norm is frozen: with statistics of two images the result would depend on the last bits.
        ...command('run', '--steps', '30', '--validate-every', '30', '--freeze-batch-norm'),
        ...['--no-flip', '--random-scale', '1,1'],
      )
      const { data, info } = await sharp(path('run/samples.png')).raw().toBuffer({ resolveWithObject: true })
      // Four photos of 40×36 are shown at five times their size, between headings and legend.
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
          expect(pixel(1, row, x, y), `truth ${row} at ${x}, ${y}`).to.deep.equal([...displayPalette[truth]])
          expect(pixel(2, row, x, y), `seen ${row} at ${x}, ${y}`).to.deep.equal([...displayPalette[mask[i]]])
        }
      })
      expect(new Set(seen.flatMap(({ mask }) => [...mask])), 'classes seen').to.have.property('size', 2)
      expect(await readFile(path('run/best/samples.png'))).to.deep.equal(
        await readFile(path('run/samples.png')),
      )
    })

    it('whole or not at all', async () => {
      await mkdir(path('run/curves.svg'), { recursive: true })
      await writeFile(path('run/run.json'), '{}') // as left by a run killed before its first checkpoint
      expect(await errorOf(command('run', '--freeze-batch-norm'))).to.match(
        /curves\.svg: is a folder, not a file\n$/,
      )
      expect((await readdir(path('run'))).filter(name => name.endsWith('.tmp'))).to.deep.equal([])
    })
  })
})
