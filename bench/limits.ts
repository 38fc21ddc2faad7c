// What a network takes of a GPU with WebGPU's default limits (buffers of 256 MiB, bindings of 128 MiB), as many phones have them: the
// peak of each kind of buffer, in one inference and in one training step of one image.
// `npm run bench:limits -- [PRESET|FOLDER] [--size N] [--batch-size N] [--freeze-batch-norm]
// [--subgroups]`. A step of N images is N micro-batches.

import { parseArgs } from 'node:util'
import { noisePhoto } from '../src/bench/noise.ts'
import { timed } from '../src/bench/repeat.ts'
import { findBenchModel } from '../src/cli/bench/bench_model.ts'
import { digits, table } from '../src/cli/format.ts'
import { UserError } from '../src/errors.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'
import { recipeFor } from '../src/train/recipe.ts'
import { TrainingRun } from '../src/train/training_run.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '513' },
    'batch-size': { type: 'string', default: '2' },
    'freeze-batch-norm': { type: 'boolean', default: false },
    subgroups: { type: 'boolean', default: false },
  },
})

/** Of the buffers of one label: how many there were at a time, the largest, and the most bytes of all at a time. */
interface Kind {
  live: number
  bytes: number
  most: number
  largest: number
  peak: number
}

/** Counts the buffers of a GPU by their labels from now on. */
function countBuffers(gpu: Gpu): Map<string, Kind> {
  const kinds = new Map<string, Kind>()
  const kindOf = (label: string) => {
    const kind = kinds.get(label) ?? { live: 0, bytes: 0, most: 0, largest: 0, peak: 0 }
    kinds.set(label, kind)
    return kind
  }
  const { allocate, release } = gpu
  gpu.allocate = async (...args) => {
    const buffer = await allocate.apply(gpu, args)
    const kind = kindOf(buffer.label)
    kind.live++
    kind.bytes += buffer.size
    kind.most = Math.max(kind.most, kind.live)
    kind.largest = Math.max(kind.largest, buffer.size)
    kind.peak = Math.max(kind.peak, kind.bytes)
    return buffer
  }
  gpu.release = resource => {
    if ('size' in resource) {
      const kind = kindOf(resource.label)
      kind.live--
      kind.bytes -= resource.size
    }
    release.call(gpu, resource)
  }
  return kinds
}

/** Kinds that take less are left out. */
const SMALL = 2 ** 16

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

async function measure(title: string, work: (gpu: Gpu) => Promise<string>): Promise<void> {
  const features = values.subgroups ? ['subgroups'] : []
  const gpu = await openGpu({ device: { features, limits: 'default' } })
  const kinds = countBuffers(gpu)
  console.log(`\n${title}: ${await work(gpu)}\n`)
  const rows = [...kinds]
    .filter(([, { peak }]) => peak >= SMALL)
    .sort(([, a], [, b]) => b.peak - a.peak)
    .map(([label, { most, largest, peak }]) => [label, String(most), mebibytes(largest), mebibytes(peak)])
  const all = ['all together', '', '', mebibytes(gpu.memory.peakBytes)]
  console.log(table([['buffers', 'at once', 'largest, MiB', 'all, MiB'], ...rows, all]))
  gpu.destroy()
}

try {
  const name = positionals[0] ?? 'table2.resnet101.block7.os16'
  const [size, batchSize] = [Number(values.size), Number(values['batch-size'])]
  const network = await findBenchModel(name)
  const { outputStride } = network.config
  const photo = noisePhoto(size)
  await measure(`${name}, one photo at ${size}×${size}`, async gpu => {
    const segmenter = new Segmenter(gpu, network)
    const first = await timed(() => segmenter.segment([photo], { outputStride, size }))
    await segmenter.dispose()
    return `${digits(first / 1000)} s with compilation`
  })
  await measure(`${name}, a step of ${batchSize} micro-batches of one at ${size}×${size}`, async gpu => {
    const options = {
      cropSize: size,
      batchSize,
      microBatchSize: 1,
      outputStride,
      freezeBatchNorm: values['freeze-batch-norm'],
    }
    const recipe = { ...recipeFor(network.config, options), classWeights: null }
    const run = await TrainingRun.create(gpu, network, recipe)
    const images = new Uint8Array(batchSize * photo.data.length)
    const labels = Uint8Array.from(
      { length: batchSize * size * size },
      (_, i) => (i >> 6) % network.config.classes,
    )
    for (let i = 0; i < batchSize; i++) images.set(photo.data, i * photo.data.length)
    let loss = 0
    const first = await timed(async () => {
      loss = await run.step({ images, labels }, 1e-6)
    })
    await run.destroy()
    return `loss ${loss.toFixed(3)}, ${digits(first / 1000)} s with compilation`
  })
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
