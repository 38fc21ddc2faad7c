import { batchNormMerge, batchNormStatistics, pixelTiles } from '../../src/kernels/batch_norm_statistics.ts'
import { type BatchNormStatisticsCase, batchNormStatisticsOf } from '../cases/batch_norm_statistics.ts'
import type { Array4, Shape4 } from '../reference/array4.ts'
import { batchNormStatistics as reference, updateRunning } from '../reference/batch_norm_statistics.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** Means and M2 of every tile. */
export function batchNormStatisticsRun(test: BatchNormStatisticsCase): KernelRun {
  const { input } = batchNormStatisticsOf(test)
  const { tile } = pixelTiles(input.shape)
  return {
    kernel: batchNormStatistics({ label: test.name, input: input.shape }),
    data: { input: toGpu(input) },
    check: ({ partials }) => {
      const { shape, data } = statisticsPartials(input)
      expectClose(fromGpu(partials, shape), data, { shape, rtol: tolerance(tile) })
    },
  }
}

/** Partials that the reference makes, merged. */
export function batchNormMergeRun(test: BatchNormStatisticsCase): KernelRun {
  const { input, running } = batchNormStatisticsOf(test)
  const [n, h, w] = input.shape
  return {
    kernel: batchNormMerge({ label: test.name, input: input.shape, momentum: running.momentum }),
    data: {
      partials: toGpu(statisticsPartials(input)),
      running_mean: Float32Array.from(running.runningMean),
      running_variance: Float32Array.from(running.runningVariance),
    },
    check: outputs => {
      const statistics = reference(input)
      const updated = updateRunning(statistics, n * h * w, running)
      const rtol = tolerance(n * h * w)
      expectChannels(outputs.mean, statistics.mean, rtol)
      expectChannels(outputs.variance, statistics.variance, rtol)
      expectChannels(outputs.running_mean, updated.runningMean, rtol)
      expectChannels(outputs.running_variance, updated.runningVariance, rtol)
    },
  }
}

/** The slices of an array, all channels of a tile's pixels each. */
export function tilesOf({ shape, data }: Array4): Array4[] {
  const { tile, tiles } = pixelTiles(shape)
  return Array.from({ length: tiles }, (_, i) => {
    const values = data.subarray(i * tile * shape[3], (i + 1) * tile * shape[3])
    return { shape: [1, 1, values.length / shape[3], shape[3]] as Shape4, data: values }
  })
}

/** The mean and M2 of every tile, [tiles, 2, c]. */
export function statisticsPartials(input: Array4): Array4 {
  const rows = tilesOf(input).flatMap(tile => {
    const { mean, variance } = reference(tile)
    return [mean, variance.map(v => v * tile.shape[2])]
  })
  return {
    shape: [1, 1, rows.length, input.shape[3]],
    data: Float64Array.from(rows.flatMap(row => [...row])),
  }
}
