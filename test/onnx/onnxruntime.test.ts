// Compares exported networks in onnxruntime, on the CPU, with this package's logits on the GPU. Skipped if bench/peers is not
// installed.

import { expect } from 'chai'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/library/model_files.ts'
import { type DeepLabConfig, deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { findWeights } from '../../src/node/weights.ts'
import { encodeDeepLab } from '../../src/onnx/deeplab.ts'
import { type GoldenCase, goldenCases } from '../model/golden.ts'
import { seededImage, seededParameter } from '../model/seeded_weights.ts'
import { sharedFile } from '../node/support.ts'
import { testGpu } from '../support/gpu.ts'
import { findOnnxruntime, onnxruntimeLogits } from '../support/onnxruntime.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { skip } from '../support/skip.ts'

/** As in golden.test.ts: the effect of another order of summation in float32 on whole networks. */
const TOLERANCE = 3e-5

/** All golden cases of small networks, and the smallest one of each large network, whose weights are written and read in full. */
const isQuick = ({ name, height, outputStride }: GoldenCase) =>
  !name.startsWith('deeplabv3_') || (name === 'deeplabv3_resnet50' && height === 65 && outputStride === 8)

const onnxruntime = findOnnxruntime()!

describe('ONNX files in onnxruntime', () => {
  before(function () {
    if (!onnxruntime) skip(this, 'npm ci --prefix bench/peers installs onnxruntime')
  })

  interface Case {
    config: DeepLabConfig
    parameters: Map<string, Float32Array>
    outputStride: number
    height: number
    width: number
  }

  /** Compares both files of a network, for any size and for one size, with this package's results for the same image. */
  async function expectSameLogits({ config, parameters, outputStride, height, width }: Case) {
    const builder = new GraphBuilder()
    const input = builder.input('image', [1, height, width, 3])
    const graph = builder.build([deepLab(builder, input, config, outputStride)])
    const image = seededImage(height, width)
    const [logits] = graph.outputs
    const { [logits.name]: expected } = await runGraph(await testGpu(), graph, {
      inputs: { image },
      parameters,
    })
    for (const size of [undefined, { height, width }]) {
      const file = encodeDeepLab({ config, parameters }, { outputStride, size })
      const found = await onnxruntimeLogits(onnxruntime, file, { image, shape: input.shape })
      expect(found.shape).to.deep.equal(logits.shape)
      expect(relativeError(found.data, expected as Float32Array)).to.be.below(TOLERANCE)
    }
  }

  for (const { name, options, outputStride, height, width } of goldenCases().filter(isQuick))
    it(`${name}, ${height}×${width}, output stride ${outputStride}`, () => {
      const config = deepLabConfig(options)
      const parameters = new Map(networkParameters(config).map(each => [each.name, seededParameter(each)]))
      return expectSameLogits({ config, parameters, outputStride, height, width })
    })

  it('several images at once', async () => {
    const config = deepLabConfig({ backbone: 'resnet50', width: 1 / 16 })
    const parameters = new Map(networkParameters(config).map(each => [each.name, seededParameter(each)]))
    const file = encodeDeepLab({ config, parameters })
    const both = seededImage(130, 65) // two images, one below the other
    const together = await onnxruntimeLogits(onnxruntime, file, { image: both, shape: [2, 65, 65, 3] })
    for (const [i, half] of [both.subarray(0, both.length / 2), both.subarray(both.length / 2)].entries()) {
      const { data } = await onnxruntimeLogits(onnxruntime, file, { image: half, shape: [1, 65, 65, 3] })
      const part = together.data.subarray(i * data.length, (i + 1) * data.length)
      expect(relativeError(part, data)).to.be.below(TOLERANCE)
    }
  })

  it('the shared checkpoint', async function () {
    const folder = sharedFile(this, 'checkpoints/deeplabv3_mobilenet_v2_1.0_513')
    const { config, parameters } = await readModel(await findWeights(folder))
    await expectSameLogits({ config, parameters, outputStride: 16, height: 257, width: 192 })
  })
})
