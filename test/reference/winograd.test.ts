import { conv2dOf } from '../cases/conv2d.ts'
import { cases } from '../cases/winograd.ts'
import { expectClose } from './compare.ts'
import { conv2d, conv2dShape } from './conv2d.ts'
import {
  matrices,
  tilesOf,
  winogradInput,
  winogradMultiply,
  winogradOutput,
  winogradWeight,
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
})
