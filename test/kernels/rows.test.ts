// Kernels that make some rows of a map make what they make of these rows in the whole map.

import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { accumulateProbabilities } from '../../src/kernels/accumulate_probabilities.ts'
import { resize } from '../../src/kernels/resize.ts'
import { randomArray4 } from '../reference/array4.ts'
import { toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'

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

  it('too long for the coordinates of a kernel is refused', () => {
    const complaint = 'a map of 33 pixels cannot be resampled to 40000000: take a smaller photo or size'
    expect(() => resize({ ...map, input: [1, 1, 33, 5], height: 1, width: 4e7 })).to.throw(complaint)
  })
})
