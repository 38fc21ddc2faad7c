import { preprocess } from '../../src/kernels/preprocess.ts'
import { cases, preprocessOf } from '../cases/preprocess.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { preprocess as reference } from '../reference/preprocess.ts'
import { fromGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel preprocess', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = preprocessOf(test)
      const { image, height, width, mean, std, flip } = operands
      const kernel = preprocess({
        label: test.name,
        input: { n: 1, h: image.height, w: image.width },
        height,
        width,
        mean,
        std,
        flip,
      })
      const { output } = await runKernel(await testGpu(), kernel, { image: image.data })
      const { shape, data } = reference(operands)
      const taps = filterTaps(image.height, height) * filterTaps(image.width, width)
      expectClose(fromGpu(output, shape), data, { shape, rtol: tolerance(taps) })
    })
  }

  it('images of a batch, each by itself', async () => {
    const operands = preprocessOf(cases.find(({ name }) => name === 'shrink by odd ratios')!)
    const { image, height, width, mean, std, flip } = operands
    const mirrored = { ...image, data: image.data.slice().reverse() }
    const kernel = preprocess({
      label: 'batch',
      input: { n: 2, h: image.height, w: image.width },
      height,
      width,
      mean,
      std,
      flip,
    })
    const { output } = await runKernel(await testGpu(), kernel, {
      image: Uint8Array.of(...image.data, ...mirrored.data),
    })
    const first = reference(operands)
    const second = reference({ ...operands, image: mirrored })
    const shape = [2, height, width, 3] as const
    const expected = Float64Array.of(...first.data, ...second.data)
    expectClose(fromGpu(output, shape), expected, { shape, rtol: tolerance(filterTaps(101, 33) ** 2) })
  })
})

/** Pixels under the filter along one axis. */
const filterTaps = (from: number, to: number) => 2 * Math.max(1, Math.ceil(from / to))
