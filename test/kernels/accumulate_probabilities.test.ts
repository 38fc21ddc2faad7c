import { accumulateProbabilities } from '../../src/kernels/accumulate_probabilities.ts'
import {
  type AccumulateProbabilitiesCase,
  accumulateProbabilitiesOf,
  cases,
} from '../cases/accumulate_probabilities.ts'
import { accumulateProbabilities as reference } from '../reference/accumulate_probabilities.ts'
import { type Array4, zeros } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('kernel accumulate_probabilities', () => {
  for (const test of cases) {
    it(test.name, async () => {
      const operands = accumulateProbabilitiesOf(test)
      const accumulator = toGpu(operands.accumulator)
      const output = await run(test, { logits: toGpu(operands.logits), accumulator })
      expectSums(test, output, reference(operands))
    })
  }

  it('the first view overwrites whatever the accumulator held', async () => {
    const test = cases.find(({ name }) => name === 'enlarge, mirrored, a third')!
    const operands = accumulateProbabilitiesOf(test)
    const output = await run(test, { logits: toGpu(operands.logits) })
    expectSums(test, output, reference({ ...operands, accumulator: zeros(operands.accumulator.shape) }))
  })
})

/** Adds to `accumulator`, or makes it where there is none. */
async function run(
  test: AccumulateProbabilitiesCase,
  data: { logits: Float32Array; accumulator?: Float32Array },
) {
  const { name: label, logits: input, height, width, alignCorners, flip, weight } = test
  const first = data.accumulator === undefined
  const kernel = accumulateProbabilities({
    label,
    input,
    height,
    width,
    alignCorners,
    flip,
    weight,
    first,
  })
  const { accumulator } = await runKernel(await testGpu(), kernel, data as Record<string, Float32Array>)
  return accumulator
}

function expectSums(test: AccumulateProbabilitiesCase, actual: Uint8Array<ArrayBuffer>, expected: Array4) {
  const { shape, data } = expected
  expectClose(fromGpu(actual, shape), data, { shape, rtol: tolerance(test.logits[3]) })
}
