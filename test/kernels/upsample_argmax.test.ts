import { expect } from 'chai'
import { classMapWords, upsampleArgmax } from '../../src/kernels/upsample_argmax.ts'
import { cases, type UpsampleArgmaxCase, upsampleArgmaxOf } from '../cases/upsample_argmax.ts'
import type { Array4 } from '../reference/array4.ts'
import { expectClasses } from '../reference/compare.ts'
import { upsampleArgmax as reference } from '../reference/upsample_argmax.ts'
import { toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel upsample_argmax', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = upsampleArgmaxOf(test)
      const pixels = test.height * test.width
      const classes = await classesOf(test, operands.input)
      expectClasses(classes.subarray(0, pixels), reference(operands))
      expect([...classes.subarray(pixels)], 'bytes after the last pixel').to.deep.equal(
        Array(classMapWords(test.height, test.width) * 4 - pixels).fill(0),
      )
    })
  }

  it('images of a batch, each from a whole word on', async () => {
    const test = cases.find(({ name }) => name.startsWith('a width that is no multiple of 4'))!
    const [first, second] = [1, 2].map(seed => upsampleArgmaxOf({ ...test, seed }))
    const [, ...dims] = test.logits
    const both = {
      shape: [2, ...dims] as const,
      data: Float64Array.of(...first.input.data, ...second.input.data),
    }
    const classes = await classesOf(test, both)
    const pixels = test.height * test.width
    expectClasses(classes.subarray(0, pixels), reference(first))
    const start = classMapWords(test.height, test.width) * 4
    expectClasses(classes.subarray(start, start + pixels), reference(second))
  })
})

async function classesOf({ name, height, width, alignCorners }: UpsampleArgmaxCase, logits: Array4) {
  const kernel = upsampleArgmax({ label: name, input: logits.shape, height, width, alignCorners })
  return (await runKernel(await testGpu(), kernel, { logits: toGpu(logits) })).classes
}
