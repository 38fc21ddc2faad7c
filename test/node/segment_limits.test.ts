// Photos on a GPU that binds little at once.

import { expect } from 'chai'
import type { Image } from '../../src/data/image.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { DeepLab } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError } from '../support/run_graph.ts'
import { withLimits } from '../support/with_limits.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('segment: limits of a GPU', () => {
  const photos = [1, 2, 3, 4, 5].map(seed => blocksPhoto(90, 70, seed))
  /** Of the network's image: the largest map, of four floats a pixel. */
  const imageBytes = 65 * 51 * 16

  for (const [images, runs] of [
    [5, 1],
    [3, 2],
    [2, 3],
  ])
    it(`runs a batch of five in ${runs} parts if it binds the maps of ${images}`, async () => {
      const gpu = await testGpu()
      const whole = await segment(gpu, photos)
      const labels: string[] = []
      const { submit } = gpu
      const limits = { maxStorageBufferBindingSize: images * imageBytes + 4096 }
      const inParts = await withLimits(gpu, limits, async () => {
        gpu.submit = (label, record) => {
          labels.push(label)
          submit.call(gpu, label, record)
        }
        return segment(gpu, photos).finally(() => {
          gpu.submit = submit
        })
      })
      expect(labels.filter(label => label === 'plan')).to.have.lengthOf(runs)
      for (const [i, { mask, probabilities }] of inParts.entries()) {
        expect(mask).to.deep.equal(whole[i].mask)
        expect(relativeError(probabilities.data, whole[i].probabilities.data)).to.be.below(1e-5)
      }
    })
})

/** With a model of its own: a model asks only once how many photos run at a time. */
async function segment(gpu: Gpu, photos: Image[]) {
  const model = await DeepLab.create(TINY, { gpu, seed: 3 })
  const options = { size: 65, batchSize: 5, output: 'probabilities', at: 'network' } as const
  return model.segment(photos, options).finally(() => model.dispose())
}
