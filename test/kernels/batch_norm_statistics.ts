import { batchNormStatistics, pixelTiles } from '../../src/kernels/normalisation/batch_norm_statistics.ts'
import { type Array4, type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { batchNormStatistics as reference } from '../reference/batch_norm_statistics.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
import { toGpu } from '../support/activations.ts'
import { floats } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

export interface BatchNormStatisticsCase extends KernelCase {
  input: Shape4
  /** added to every value of the input */
  shift?: number
  seed: number
  /** a NaN in the input */
  plant?: Plant
}

export const cases: BatchNormStatisticsCase[] = [
  { name: 'image pooling: two images of one pixel', input: [2, 1, 1, 320], seed: 1 },
  { name: '36 channels, two pixels', input: [2, 1, 1, 36], seed: 1, answer: true },
  { name: 'one channel, one row', input: [1, 1, 7, 1], seed: 1 },
  { name: '3 channels, batch 3', input: [3, 5, 7, 3], seed: 1 },
  { name: '3 channels, more tiles than lanes', input: [2, 9, 8, 3], seed: 1, answer: true },
  { name: '5 channels, odd map', input: [1, 17, 13, 5], seed: 1 },
  { name: '21 channels, batch 2', input: [2, 9, 7, 21], seed: 1 },
  { name: '24 channels, more tiles than lanes', input: [2, 65, 33, 24], seed: 1 },
  { name: 'a mean a thousand times the deviation', input: [2, 17, 13, 5], shift: 500, seed: 1 },
  {
    name: 'NaN: its channel alone',
    input: [1, 5, 3, 5],
    seed: 1,
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  { name: 'aspp.bn, batch 2', input: [2, 33, 33, 256], seed: 1, bench: true },
  { name: 'resnet50.bn1', input: [1, 257, 257, 64], seed: 1, bench: true },
]

/** The operands of a case, made from its seed. */
export function batchNormStatisticsOf({
  input: shape,
  shift = 0,
  seed,
  plant,
}: Omit<BatchNormStatisticsCase, 'name'>) {
  const { data } = plantedArray4(shape, seed, plant)
  const input: Array4 = { shape, data: data.map(x => Math.fround(x + shift)) }
  const running = {
    runningMean: randomValues(shape[3], seed + 1),
    runningVariance: randomValues(shape[3], seed + 2, 0.5).map(v => Math.fround(1 + v)),
    momentum: 0.1,
  }
  return { input, running }
}

/** The tiles of an array: all channels of a tile's pixels. `tile` is the number of pixels of a tile. */
export function tilesOf({ shape, data }: Array4, { tile }: { tile: number } = pixelTiles(shape)): Array4[] {
  const [n, h, w, channels] = shape
  return Array.from({ length: Math.ceil((n * h * w) / tile) }, (_, i) => {
    const values = data.subarray(i * tile * channels, (i + 1) * tile * channels)
    return { shape: [1, 1, values.length / channels, channels], data: values }
  })
}

/** Of every tile the means, M2 and, in a vector of its own, its number of pixels. */
export function statisticsOf(tiles: Array4[]): Float32Array {
  const rows = tiles.flatMap(tile => {
    const { mean, variance } = reference(tile)
    const [, , pixels, channels] = tile.shape
    const data = Float64Array.from([...mean, ...variance.map(v => v * pixels)])
    return [...toGpu({ shape: [1, 1, 2, channels], data }), pixels, pixels, pixels, pixels]
  })
  return Float32Array.from(rows)
}

export const suite: KernelSuite<BatchNormStatisticsCase> = {
  shader: 'batch_norm_statistics',
  cases,
  run(test) {
    const { input } = batchNormStatisticsOf(test)
    const { tile } = pixelTiles(input.shape)
    return {
      kernel: batchNormStatistics({ label: test.name, input: input.shape }),
      data: { input: toGpu(input) },
      expected: { partials: floats(() => statisticsOf(tilesOf(input)), { rtol: tolerance(tile) }) },
    }
  },
}
