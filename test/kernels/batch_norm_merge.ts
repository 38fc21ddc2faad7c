import { batchNormMerge } from '../../src/kernels/normalisation/batch_norm_statistics.ts'
import { batchNormStatistics as reference, updateRunning } from '../reference/batch_norm_statistics.ts'
import { tolerance } from '../reference/compare.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  type BatchNormStatisticsCase,
  batchNormStatisticsOf,
  cases,
  statisticsOf,
  tilesOf,
} from './batch_norm_statistics.ts'

/** Merges the partial statistics that the reference makes. */
export const suite: KernelSuite<BatchNormStatisticsCase> = {
  shader: 'batch_norm_merge',
  cases,
  run(test) {
    const { input, running } = batchNormStatisticsOf(test)
    const [n, h, w] = input.shape
    const rtol = tolerance(n * h * w)
    const updated = () => updateRunning(reference(input), n * h * w, running)
    return {
      kernel: batchNormMerge({ label: test.name, input: input.shape, momentum: running.momentum }),
      data: {
        partials: statisticsOf(tilesOf(input)),
        running_mean: Float32Array.from(running.runningMean),
        running_variance: Float32Array.from(running.runningVariance),
      },
      expected: {
        mean: floats(() => reference(input).mean, { rtol }),
        variance: floats(() => reference(input).variance, { rtol }),
        running_mean: floats(() => updated().runningMean, { rtol }),
        running_variance: floats(() => updated().runningVariance, { rtol }),
      },
    }
  },
}
