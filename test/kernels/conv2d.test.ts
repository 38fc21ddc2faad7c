import { expect } from 'chai'
import type { Conv2dTile } from '../../src/kernels/conv2d.ts'
import { type Shape, unpadChannels } from '../../src/kernels/layout.ts'
import { type Conv2dCase, cases, conv2dOf } from '../cases/conv2d.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { type Conv2d, conv2dAt, conv2dShape, conv2d as reference } from '../reference/conv2d.ts'
import { sampleIndices } from '../reference/random.ts'
import { fromGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { conv2dData, conv2dKernel } from '../support/run_conv2d.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel conv2d', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = conv2dOf(test)
      const shape = conv2dShape(operands)
      expectConvolved(test, operands, await convolve(test, operands, shape))
    })
  }

  describe('every tile that the chooser picks, and odd ones', () => {
    const tiles: Conv2dTile[] = [
      ...[8, 1].flatMap(pixels => [
        { pixels, vectors: 2, lanesX: 8, lanesY: 4 },
        { pixels, vectors: 2, lanesX: 4, lanesY: 8 },
        { pixels, vectors: 2, lanesX: 2, lanesY: 16 },
        { pixels, vectors: 1, lanesX: 2, lanesY: 16 },
      ]),
      { pixels: 3, vectors: 1, lanesX: 1, lanesY: 1 },
      { pixels: 2, vectors: 3, lanesX: 3, lanesY: 5 },
    ]
    const names = [
      '5 → 21 channels, batch 3',
      'dilation 8 on 9×9: the edges alone see other taps',
      'residual, relu, batch 3, 24 → 24',
      'bias per image, 3×3, residual, batch 2',
      'Inf where only far taps reach: padding must not multiply it',
    ]
    for (const tile of tiles) {
      const { pixels, lanesX, lanesY } = tile
      it(`${pixels} pixels × ${tile.vectors} vectors, ${lanesX} × ${lanesY} lanes`, async () => {
        for (const name of names) {
          const test = cases.find(each => each.name === name)!
          const operands = conv2dOf(test)
          expectConvolved(test, operands, await convolve(test, operands, conv2dShape(operands), tile))
        }
      })
    }
  })

  describe('into a slice of a wider tensor', () => {
    const slices = [
      { offset: 0, channels: 40 },
      { offset: 12, channels: 40 },
      { offset: 24, channels: 48 },
    ]
    for (const slice of slices) {
      it(`24 channels from ${slice.offset} of ${slice.channels}, the others left alone`, async () => {
        const gpu = await testGpu()
        const test = cases.find(({ name }) => name === '21 → 24 channels')!
        const operands = conv2dOf(test)
        const [n, h, w, c] = conv2dShape(operands)
        const kernel = conv2dKernel(operands, { label: test.name, slice })
        const before = Float32Array.from({ length: n * h * w * slice.channels }, (_, index) => index)
        const { output } = await runKernel(gpu, kernel, {
          ...(await conv2dData(gpu, operands)),
          output: before,
        })
        const wide = new Float32Array(output.buffer)
        const isOurs = (index: number) => {
          const channel = index % slice.channels
          return channel >= slice.offset && channel < slice.offset + c
        }
        expect(wide.filter((_, index) => !isOurs(index))).to.deep.equal(
          before.filter((_, index) => !isOurs(index)),
        )
        expectConvolved(
          test,
          operands,
          wide.filter((_, index) => isOurs(index)),
        )
      })
    }
  })
})

/** The kernel's dense output. */
async function convolve(test: Conv2dCase, operands: Conv2d, shape: Shape, tile?: Conv2dTile) {
  const gpu = await testGpu()
  const kernel = conv2dKernel(operands, { label: test.name, tile })
  const { output } = await runKernel(gpu, kernel, await conv2dData(gpu, operands))
  // Padding lanes have weights of 0: where the input is not finite, they are NaN.
  if (test.plant) return unpadChannels(new Float32Array(output.buffer), shape)
  return fromGpu(output, shape)
}

/** Compares the whole output, or of a heavy case a sample. */
function expectConvolved(test: Conv2dCase, operands: Conv2d, actual: Float32Array) {
  const shape = conv2dShape(operands)
  const [, inChannels, kernelH, kernelW] = operands.weight.shape
  const rtol = tolerance(inChannels * kernelH * kernelW)
  if (!test.spotCheck) {
    expectClose(actual, reference(operands).data, { shape, rtol })
    return
  }
  const indices = sampleIndices(256, sizeOf(shape), test.seed)
  const expected = Float64Array.from(indices, index => conv2dAt(operands, placeOf(shape, index)))
  expectClose(actual, expected, { shape, rtol, indices })
}
