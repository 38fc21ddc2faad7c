// Kernels that make some rows of a map make what they make of these rows in the whole map.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import type { Rows } from '../../src/kernels/geometry.ts'
import { accumulateProbabilities } from '../../src/kernels/resizing/accumulate_probabilities.ts'
import { filteredRows, preprocess } from '../../src/kernels/resizing/preprocess.ts'
import { preprocessSamples } from '../../src/kernels/resizing/preprocess_samples.ts'
import { resize, sampledRows } from '../../src/kernels/resizing/resize.ts'
import { type UpsampleArgmaxOptions, upsampleArgmax } from '../../src/kernels/resizing/upsample_argmax.ts'
import { randomArray4 } from '../reference/array4.ts'
import { toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'

const resized = async (gpu: Gpu, kernel: Kernel, input: Float32Array) =>
  new Float32Array((await runKernel(gpu, kernel, { input })).output.buffer)

const rowsOf = <T extends Float32Array | Uint8Array>(all: T, { from, count }: Rows, pitch: number) =>
  all.slice(from * pitch, (from + count) * pitch) as T

describe('rows of a map', () => {
  const input = [1, 9, 7, 5] as const
  const map = { label: 'map', input, height: 31, width: 20, alignCorners: false }
  const data = toGpu(randomArray4(input, 1, 8))
  const rowFloats = 20 * 8

  for (const [name, from, to, kernelOf] of [
    ['resize', 'input', 'output', resize],
    [
      'accumulate_probabilities',
      'logits',
      'accumulator',
      (options: Parameters<typeof resize>[0]) =>
        accumulateProbabilities({ ...options, flip: false, weight: 1, first: true }),
    ],
  ] as const)
    it(`by ${name} are those of the whole map`, async () => {
      const gpu = await testGpu()
      const run = async (rows?: { from: number; count: number }) =>
        new Float32Array((await runKernel(gpu, kernelOf({ ...map, rows }), { [from]: data }))[to].buffer)
      const whole = await run()
      for (const rows of [
        { from: 0, count: 8 },
        { from: 8, count: 13 },
        { from: 30, count: 1 },
      ]) {
        const expected = whole.subarray(rows.from * rowFloats, (rows.from + rows.count) * rowFloats)
        expect([...(await run(rows))]).to.deep.equal([...expected])
      }
    })

  for (const alignCorners of [false, true])
    for (const height of [31, 9, 4])
      it(`of the input that are read suffice: 9 to ${height} rows, ${alignCorners ? 'corners' : 'edges'} aligned`, async () => {
        const gpu = await testGpu()
        const size = { ...map, height, alignCorners }
        const whole = await resized(gpu, resize(size), data)
        for (const rows of [
          { from: 0, count: 2 },
          { from: 2, count: height - 2 },
        ]) {
          const read = sampledRows({ from: 9, to: height, alignCorners }, rows)
          const inputRows = { from: read.from, of: 9 }
          const kernel = resize({ ...size, input: [1, read.count, 7, 5], rows, inputRows })
          const part = await resized(gpu, kernel, rowsOf(data, read, 7 * 8))
          expect([...part]).to.deep.equal([...rowsOf(whole, rows, rowFloats)])
        }
      })

  it('of a mask need no other rows of the logits', async () => {
    const gpu = await testGpu()
    const size = { ...map, height: 32 }
    const run = async (options: UpsampleArgmaxOptions, logits: Float32Array) =>
      (await runKernel(gpu, upsampleArgmax(options), { logits })).classes
    const whole = await run(size, data)
    const rows = { from: 16, count: 16 }
    const read = sampledRows({ from: 9, to: 32, alignCorners: false }, rows)
    const inputRows = { from: read.from, of: 9 }
    const part = { ...size, input: [1, read.count, 7, 5] as const, rows, inputRows }
    expect([...(await run(part, rowsOf(data, read, 7 * 8)))]).to.deep.equal([...whole.subarray(16 * 20)])
  })

  for (const height of [40, 23, 7])
    it(`of a photo that are read suffice: 23 to ${height} rows`, async () => {
      const gpu = await testGpu()
      const image = Uint8Array.from({ length: 23 * 11 * 4 }, (_, i) => (i * 7919) % 251)
      const size = { label: 'photo', height, width: 9, mean: [0, 0, 0], std: [1, 1, 1], flip: true }
      const run = async (kernel: Kernel, image: Uint8Array) =>
        new Float32Array((await runKernel(gpu, kernel, { image })).output.buffer)
      const whole = await run(preprocess({ ...size, input: { n: 1, h: 23, w: 11 } }), image)
      for (const rows of [
        { from: 0, count: 3 },
        { from: 3, count: height - 3 },
      ]) {
        const read = filteredRows({ from: 23, to: height }, rows)
        const inputRows = { from: read.from, of: 23 }
        const kernel = preprocess({ ...size, input: { n: 1, h: read.count, w: 11 }, rows, inputRows })
        const part = await run(kernel, rowsOf(image, read, 11 * 4))
        expect([...part]).to.deep.equal([...rowsOf(whole, rows, 9 * 4)])
      }
    })

  it('of an image of five channels that are read suffice', async () => {
    const gpu = await testGpu()
    const image = Float32Array.from({ length: 23 * 11 * 5 }, (_, i) => ((i * 7919) % 251) / 251)
    const [mean, std] = [0, 1].map(value => new Array<number>(5).fill(value))
    const size = { label: 'image', height: 40, width: 9, mean, std, flip: true }
    const run = async (kernel: Kernel, image: Float32Array) =>
      new Float32Array((await runKernel(gpu, kernel, { image })).output.buffer)
    const whole = await run(preprocessSamples({ ...size, input: [1, 23, 11, 5] }), image)
    const rows = { from: 3, count: 17 }
    const read = filteredRows({ from: 23, to: 40 }, rows)
    const inputRows = { from: read.from, of: 23 }
    const kernel = preprocessSamples({ ...size, input: [1, read.count, 11, 5], rows, inputRows })
    const part = await run(kernel, rowsOf(image, read, 11 * 5))
    expect([...part]).to.deep.equal([...rowsOf(whole, rows, 9 * 8)])
  })

  it('too long for the coordinates of a kernel is refused', () => {
    const complaint = 'a map of 33 pixels cannot be resampled to 40000000: take a smaller photo or size'
    expect(() => resize({ ...map, input: [1, 1, 33, 5], height: 1, width: 4e7 })).to.throw(complaint)
  })
})
