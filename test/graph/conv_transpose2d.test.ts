// Transposed convolutions against the float64 reference. test/train compares their gradients with PyTorch's.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { randomArray4, randomWeight } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { convTranspose2d } from '../reference/conv_transpose2d.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { runGraph } from '../support/run_graph.ts'

const cases = [
  { input: [1, 1, 1, 1], outChannels: 1, kernel: 4, stride: 2 },
  { input: [2, 3, 5, 5], outChannels: 3, kernel: 4, stride: 2 },
  { input: [3, 5, 3, 21], outChannels: 21, kernel: 16, stride: 8 },
  { input: [1, 2, 3, 6], outChannels: 6, kernel: 64, stride: 32 },
  { input: [1, 7, 4, 12], outChannels: 8, kernel: 1, stride: 1 },
  { input: [1, 4, 3, 8], outChannels: 5, kernel: 3, stride: 1 },
  { input: [1, 4, 5, 3], outChannels: 4, kernel: 2, stride: 3 },
] as const

describe('convTranspose2d', () => {
  for (const { input: shape, outChannels, kernel, stride } of cases)
    it(`${shape.join('×')} → ${outChannels}, kernel ${kernel}, stride ${stride}`, async () => {
      const x = randomArray4(shape, 1)
      const weight = randomWeight([shape[3], outChannels, kernel, kernel], 2)
      const builder = new GraphBuilder()
      const output = builder.convTranspose2d(builder.input('x', shape), {
        ...{ name: 'up', outChannels, kernel, stride },
      })
      const found = await runGraph(await testGpu(), builder.build([output]), {
        inputs: { x: Float32Array.from(x.data) },
        parameters: new Map([['up.weight', Float32Array.from(weight.data)]]),
      })
      const expected = convTranspose2d({ input: x, weight, stride })
      const rtol = tolerance(shape[3] * kernel * kernel)
      expectClose(found.up as Float32Array, expected.data, { shape: output.shape, rtol })
    })
})

describe('crop', () => {
  it('refuses a rectangle past the map, in one line', async () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', [1, 5, 7, 3])
    const crop = () => builder.crop(x, { name: 'crop', offset: 2, height: 4, width: 3 })
    const { message } = await rejects(UserError, crop)
    expect(message).to.equal('crop: a 5×7 map has no 4×3 pixels from 2 on (crop)')
  })
})

describe('maxPool with ceilMode', () => {
  /** PyTorch's sizes with ceil_mode=True. */
  const sizes: [
    input: number,
    window: { kernel: number; stride: number; padding: number },
    output: number,
  ][] = [
    [5, { kernel: 2, stride: 2, padding: 0 }, 3],
    [6, { kernel: 2, stride: 2, padding: 0 }, 3],
    [1, { kernel: 2, stride: 2, padding: 0 }, 1],
    [65, { kernel: 3, stride: 2, padding: 1 }, 33],
    [96, { kernel: 3, stride: 2, padding: 1 }, 49],
    [9, { kernel: 3, stride: 1, padding: 1 }, 9],
    // The third window would begin in the padding behind the map.
    [3, { kernel: 2, stride: 2, padding: 1 }, 2],
    [7, { kernel: 3, stride: 3, padding: 1 }, 3],
  ]
  for (const [input, window, output] of sizes)
    it(`makes ${output} of ${input}, kernel ${window.kernel}, stride ${window.stride}, padding ${window.padding}`, () => {
      const builder = new GraphBuilder()
      const x = builder.input('x', [1, input, input, 3])
      const { shape } = builder.maxPool(x, { name: 'pool', ...window, ceilMode: true })
      expect(shape).to.deep.equal([1, output, output, 3])
    })
})
