import { batchNormMerge, batchNormStatistics, pixelTiles } from '../../src/kernels/batch_norm_statistics.ts'
import { type BatchNormStatisticsCase, batchNormStatisticsOf } from '../cases/batch_norm_statistics.ts'
import type { Array4, Shape4 } from '../reference/array4.ts'
import { batchNormStatistics as reference, updateRunning } from '../reference/batch_norm_statistics.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** Means, M2 and number of pixels of every tile. */
export function batchNormStatisticsRun(test: BatchNormStatisticsCase): KernelRun {
  const { input } = batchNormStatisticsOf(test)
  const { tile } = pixelTiles(input.shape)
  return {
    kernel: batchNormStatistics({ label: test.name, input: input.shape }),
    data: { input: toGpu(input) },
    check: ({ partials }) => {
      const expected = Float64Array.from(statisticsPartials(input))
      const shape = [1, 1, 1, expected.length] as const
      expectClose(new Float32Array(partials.buffer), expected, { shape, rtol: tolerance(tile) })
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
      partials: statisticsPartials(input),
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

/** Of every tile the means, M2 and, in a vector of its own, how many pixels it has. */
export function statisticsPartials(input: Array4): Float32Array {
  const rows = tilesOf(input).flatMap(tile => {
    const { mean, variance } = reference(tile)
    const [, , pixels, channels] = tile.shape
    const data = Float64Array.from([...mean, ...variance.map(v => v * pixels)])
    return [...toGpu({ shape: [1, 1, 2, channels], data }), pixels, pixels, pixels, pixels]
  })
  return Float32Array.from(rows)
}
