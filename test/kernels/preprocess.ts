import { preprocess } from '../../src/kernels/preprocess.ts'
import { type PreprocessCase, preprocessOf } from '../cases/preprocess.ts'
import { sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { preprocess as reference } from '../reference/preprocess.ts'
import { fromGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export const preprocessRun = (test: PreprocessCase): KernelRun => preprocessBatchRun(test, [test.seed])

/** A batch of the case's images, one of each seed. */
export function preprocessBatchRun(test: PreprocessCase, seeds: number[]): KernelRun {
  const images = seeds.map(seed => preprocessOf({ ...test, seed }))
  const { mean, std, flip } = test
  const [h, w] = test.from
  const [height, width] = test.to
  const n = images.length
  const shape = [n, height, width, 3] as const
  const pixels = new Uint8Array(n * h * w * 4)
  images.forEach(({ image }, i) => {
    pixels.set(image.data, i * h * w * 4)
  })
  const taps = filterTaps(h, height) * filterTaps(w, width)
  return {
    kernel: preprocess({ label: test.name, input: { n, h, w }, height, width, mean, std, flip }),
    data: { image: pixels },
    check: ({ output }) => {
      const expected = new Float64Array(sizeOf(shape))
      images.forEach((image, i) => {
        expected.set(reference(image).data, i * height * width * 3)
      })
      expectClose(fromGpu(output, shape), expected, { shape, rtol: tolerance(taps) })
    },
  }
}

/** Pixels under the filter along one axis. */
const filterTaps = (from: number, to: number) => 2 * Math.max(1, Math.ceil(from / to))
