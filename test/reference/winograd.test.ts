import { conv2dOf } from '../kernels/conv2d.ts'
import { cases } from '../kernels/shared/winograd.ts'
import { randomArray4 } from './array4.ts'
import { expectClose } from './compare.ts'
import { conv2d, conv2dShape } from './conv2d.ts'
import { conv2dBackwardWeight } from './conv2d_backward_weight.ts'
import {
  matrices,
  tilesOf,
  winogradInput,
  winogradMultiply,
  winogradMultiplyBackward,
  winogradOutput,
  winogradOutputBackward,
  winogradWeight,
  winogradWeightBackward,
} from './winograd.ts'

describe('the reference of Winograd’s convolution', () => {
  for (const test of cases.filter(({ bench, range }) => !bench && !range)) {
    it(`is the convolution: ${test.name}`, () => {
      const conv = conv2dOf(test)
      const { outputs, outChannels } = test
      const tiles = tilesOf(conv, outputs)
      const points = matrices[outputs].input.length ** 2
      const sizes = { points, tiles: tiles.length, inChannels: test.input[3], outChannels }
      const weight = winogradWeight(conv.weight, outputs)
      const products = winogradMultiply(winogradInput(conv, outputs, tiles), weight, sizes)
      const actual = Float32Array.from(winogradOutput(conv, outputs, { tiles, products }).data)
      // float64 throughout, but for what is compared
      expectClose(actual, conv2d(conv).data, { shape: conv2dShape(conv), atol: 1e-7, rtol: 1e-7 })
    })
  }

  for (const test of cases.filter(({ bench, range }) => !bench && !range)) {
    it(`and so is that of its weight's gradient: ${test.name}`, () => {
      const conv = conv2dOf(test)
      const { outputs, outChannels } = test
      const tiles = tilesOf(conv, outputs)
      const points = matrices[outputs].input.length ** 2
      const sizes = { points, tiles: tiles.length, inChannels: test.input[3], outChannels }
      const outputGradient = randomArray4(conv2dShape(conv), test.seed + 4)
      const gradients = winogradOutputBackward(conv, outputs, { tiles, outputGradient })
      const sums = winogradMultiplyBackward(winogradInput(conv, outputs, tiles), gradients, sizes)
      const actual = Float32Array.from(winogradWeightBackward(sums, outputs, sizes).data)
      const { shape, data } = conv2dBackwardWeight({ ...conv, outputGradient })
      expectClose(actual, data, { shape, atol: 1e-6, rtol: 1e-7 })
    })
  }
})
