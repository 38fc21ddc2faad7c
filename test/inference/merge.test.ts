// Several scales merged by the maximum of their logits.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { inferenceGraph } from '../../src/inference/inference_graph.ts'
import type { InferenceOptions } from '../../src/inference/inference_options.ts'
import { Segmenter } from '../../src/inference/segmenter.ts'
import { viewsOf } from '../../src/inference/views.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { CAFFE, networkSize } from '../../src/model/preprocessing.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { resize } from '../reference/resize.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { relativeError, runGraph, seededParameters } from '../support/run_graph.ts'

const config = deepLabConfig({
  backbone: 'deeplabv2_resnet101',
  units: [1, 1, 1, 1],
  width: 1 / 16,
  classes: 5,
})
const preprocessing = { ...CAFFE, size: 97 }
const photo = { width: 80, height: 60, originalWidth: 80, originalHeight: 60 }

const job = (scales: number[], merge?: 'mean' | 'max') => ({
  ...{ batch: 1, photo, outputStride: 8, views: viewsOf({ scales }), merge, preprocessing },
  ...{ maskAt: 'photo' as const, withScores: true },
})

/** The logits of one scale: [1, h, w, 5]. */
async function logitsOf(scale: number) {
  const builder = new GraphBuilder()
  const input = builder.input('photo', [1, 60, 80, 4], 'rgba8')
  const size = networkSize(photo, preprocessing, scale)
  const { mean, std, channels } = preprocessing
  const image = builder.preprocess(input, { name: 'image', ...size, mean, std, channels })
  const logits = deepLab(builder, image, config, 8)
  const graph = builder.build([logits])
  const found = await runGraph(await testGpu(), graph, { inputs: { photo: blocksPhoto(80, 60).data } })
  return { shape: logits.shape, data: Float64Array.from(found[logits.name]) }
}

describe('the maximum over scales', () => {
  for (const scales of [
    [1, 0.75, 0.5],
    [0.5, 0.75],
  ])
    it(`is that of the logits, resized to those of the scale ${Math.max(...scales)}: ${scales}`, async () => {
      const graph = inferenceGraph(config, job(scales, 'max'))
      const inputs = { photo: blocksPhoto(80, 60).data }
      const found = await runGraph(await testGpu(), graph, { inputs, parameters: seededParameters(graph) })
      const [, scores] = graph.outputs
      const each = await Promise.all(scales.map(logitsOf))
      const [, height, width] = each[scales.indexOf(Math.max(...scales))].shape
      expect(scores.shape).to.deep.equal([1, height, width, 5])
      const resized = each.map(input => resize({ input, height, width, alignCorners: false }).data)
      const expected = resized[0].map((_, i) => Math.max(...resized.map(data => data[i])))
      expect(relativeError(found[scores.name] as Float32Array, expected)).to.be.below(1e-5)
      expect(relativeError(found[scores.name] as Float32Array, resized[0])).to.be.above(1e-2)
    })

  it('gives logits, and probabilities that add up to 1', async () => {
    const model = { config, preprocessing, parameters: initialWeights(config, 1) }
    const segmenter = new Segmenter(await testGpu(), model)
    const options = { scales: [1, 0.5], merge: 'max' } as const
    try {
      const [logits] = await segmenter.segment([blocksPhoto(80, 60)], { ...options, output: 'logits' })
      expect(logits.scores!.data.length).to.equal(80 * 60 * 5)
      const [{ scores }] = await segmenter.segment([blocksPhoto(80, 60)], {
        ...options,
        output: 'probabilities',
      })
      for (let pixel = 0; pixel < 80 * 60; pixel += 97) {
        const sum = scores!.data.subarray(5 * pixel, 5 * pixel + 5).reduce((a, b) => a + b)
        expect(sum).to.be.closeTo(1, 1e-5)
      }
    } finally {
      await segmenter.dispose()
    }
  })

  it('refuses what it cannot do, in one line', async () => {
    const segmenter = new Segmenter(await testGpu(), { config, preprocessing, parameters: new Map() })
    const refusal = (options: object) =>
      rejects(UserError, () => segmenter.check(options as InferenceOptions))
    expect((await refusal({ merge: 'median' })).message).to.equal('merge: expected mean or max, got "median"')
    expect((await refusal({ merge: 'max', flip: true })).message).to.equal(
      'flip: expected false where scales are merged by max, got true',
    )
    await segmenter.dispose()
  })
})
