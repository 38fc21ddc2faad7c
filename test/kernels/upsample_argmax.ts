import { expect } from 'chai'
import { classMapWords, upsampleArgmax } from '../../src/kernels/upsample_argmax.ts'
import { type UpsampleArgmaxCase, upsampleArgmaxOf } from '../cases/upsample_argmax.ts'
import { expectClasses } from '../reference/compare.ts'
import { upsampleArgmax as reference } from '../reference/upsample_argmax.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export const upsampleArgmaxRun = (test: UpsampleArgmaxCase): KernelRun =>
  upsampleArgmaxBatchRun(test, [test.seed])

/** A batch of the case's logits, one of each seed. */
export function upsampleArgmaxBatchRun(test: UpsampleArgmaxCase, seeds: number[]): KernelRun {
  const images = seeds.map(seed => upsampleArgmaxOf({ ...test, seed }))
  const { name: label, height, width, alignCorners } = test
  const [, ...dims] = test.logits
  const shape = [images.length, ...dims] as const
  const logits = Float64Array.from(images.flatMap(({ input }) => [...input.data]))
  return {
    kernel: upsampleArgmax({ label, input: shape, height, width, alignCorners }),
    data: { logits: toGpu({ shape, data: logits }) },
    check: ({ classes }) => {
      const bytes = classMapWords(height, width) * 4
      images.forEach((image, n) => {
        const map = classes.subarray(n * bytes, (n + 1) * bytes)
        expectClasses(map.subarray(0, height * width), reference(image))
        const rest = [...map.subarray(height * width)]
        expect(rest, 'after the last pixel').to.deep.equal(rest.map(() => 0))
      })
    },
  }
}
