// Training in a page: it learns, and a checkpoint in memory continues bit for bit.

import { expect } from 'chai'
import { TINY } from '../node/tiny_model.ts'
import { useBrowser } from './browser.ts'

describe('Trainer in a page', () => {
  const browser = useBrowser()

  it('learns, and goes on from a checkpoint as if it had never stopped', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async network => {
      const { DeepLab, Trainer, checkDataset, evaluate, UserError } = window.atrous
      // Each photo has a dark left and a bright right half, of two classes.
      const side = 32
      const mask = Uint8Array.from({ length: side * side }, (_, i) => Number(i % side >= side / 2))
      const data = Uint8Array.from({ length: side * side * 4 }, (_, i) =>
        i % 4 === 3 || mask[i >> 2] ? 255 : 0,
      )
      const image = { width: side, height: side, data, originalWidth: side, originalHeight: side }
      const ids = ['a', 'b', 'c']
      const dataset = {
        ...{ name: 'halves', size: ids.length, ids, classNames: ['dark', 'bright'] },
        read: async (index: number) => ({ id: ids[index], image, mask, width: side, height: side }),
        readLabels: async () => ({ mask, width: side, height: side }),
      }
      const recipe = { steps: 8, batchSize: 2, cropSize: 33, learningRate: 0.05, size: side, seed: 4 }
      const model = await DeepLab.create(network, { seed: 2 })
      const problems = (await checkDataset(dataset)).problems.length
      const trainer = new Trainer(model, dataset, recipe)
      const early = await trainer.checkpointFiles().catch(error => error)
      const losses: number[] = []
      let files: File[] = []
      for await (const { step, loss } of trainer) {
        losses.push(loss)
        if (step === 4)
          files = [...(await trainer.checkpointFiles())].map(
            ([name, content]) => new File([content as BlobPart], name),
          )
      }
      const resumed = await Trainer.resume(files, dataset)
      const laterLosses: number[] = []
      for await (const { loss } of resumed) laterLosses.push(loss)
      const parameters = [...model.state.parameters]
      const same = parameters.every(([name, values]) => {
        const others = resumed.model.state.parameters.get(name)!
        return values.every((value, i) => Object.is(value, others[i]))
      })
      const { mIoU } = await evaluate(model, dataset)
      const missing = await Trainer.resume(files.slice(0, 2), dataset).catch(error => error)
      await model.dispose()
      await resumed.model.dispose()
      const refusals = [early, missing].map(error => error instanceof UserError && error.message)
      return { problems, losses, laterLosses, same, mIoU, refusals, names: files.map(({ name }) => name) }
    }, TINY)
    expect(found.problems).to.equal(0)
    expect(found.losses).to.have.length(8)
    expect(found.losses[7]).to.be.below(found.losses[0])
    expect(found.laterLosses).to.deep.equal(found.losses.slice(4))
    expect(found.same).to.equal(true)
    expect(found.mIoU).to.be.above(0)
    expect(found.names.sort()).to.deep.equal([
      ...['config.json', 'model.safetensors', 'training.json', 'training.safetensors'],
    ])
    expect(found.refusals).to.deep.equal([
      'the checkpoint: nothing to save before the first step',
      'training.json: missing among these 2 files',
    ])
  })
})
