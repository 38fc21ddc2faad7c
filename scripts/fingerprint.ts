// Prints a hash of each result that a source tree computes, as JSON: `tsx scripts/fingerprint.ts TREE`. It imports only the
// tree's public API, so the tree's other files may be elsewhere.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Atrous from '../src/node/index.ts'

type Config = Parameters<typeof Atrous.DeepLab.create>[0]

const root = resolve(process.argv[2] ?? '.')
const atrous: typeof Atrous = await import(pathToFileURL(`${root}/src/node/index.ts`).href)
const { DeepLab, Trainer, openGpu, presets } = atrous

/** A sixteenth of the channels: all layers of the network, in a fraction of the time. */
const NARROW = 1 / 16
/** A folder next to the repository, for development. */
const CHECKPOINT = 'shared/data/checkpoints/deeplabv3_mobilenet_v2_1.0_513'

const SMALL = { backbone: 'resnet50', width: NARROW } as const

const found: Record<string, string> = {}

const gpu = await openGpu()
found.adapter = `${gpu.info.description} ${gpu.subgroupSize}`
for (const { name, config, inference } of presets) {
  const model = await DeepLab.create(narrowed(config), { gpu, size: 97, tune: 'off' })
  await segment(`preset ${name}`, model, inference)
  model.dispose()
}
for (const [name, source] of [
  ['scenes', 'scenes'],
  ['checkpoint', resolve(import.meta.dirname, '../..', CHECKPOINT)],
])
  if (name === 'scenes' || existsSync(source)) {
    const model = await DeepLab.load(source, { gpu, tune: 'off' })
    await segment(name, model, {})
    await segment(`${name} os8`, model, { outputStride: 8 })
    model.dispose()
  } else found[name] = 'absent'

await train('frozen', { freezeBatchNorm: true, learningRate: 1e-5 })
await train('batch', {})
await train('auxiliary head', { auxiliaryLoss: 0.4, dropout: 0.1 }, { ...SMALL, auxiliaryHead: true })
await train('budget', { activationBudget: 3 })
await train('micro-batches', { microBatchSize: 2 })
await train('mobilenet_v2', {}, { backbone: 'mobilenet_v2', depthMultiplier: NARROW })
gpu.destroy()
console.log(JSON.stringify(found))

function narrowed(config: Atrous.DeepLabConfig): Config {
  return 'width' in config
    ? { ...config, width: NARROW * config.width }
    : { ...config, depthMultiplier: NARROW }
}

async function segment(name: string, model: Atrous.DeepLab, options: Atrous.RefinedOptions): Promise<void> {
  const isOneView = (options.scales?.length ?? 1) === 1 && !options.flip && !options.crf
  const output = isOneView ? 'logits' : 'probabilities'
  const photo = { width: 150, height: 110, data: pattern(150 * 110 * 4, 1) }
  const { mask, logits, probabilities } = await model.segment(photo, { ...options, output })
  found[name] = `${hash(mask)} ${hash((logits ?? probabilities)!.data)}`
}

/** Records losses and weights after five steps. */
async function train(name: string, recipe: Partial<Atrous.Recipe>, config: Config = SMALL): Promise<void> {
  const network = { ...config, classes: 5 }
  const model = await DeepLab.create(network, { gpu, size: 97, tune: 'off' })
  const trainer = new Trainer(model, dataset(), { steps: 5, batchSize: 4, cropSize: 65, ...recipe })
  const losses: number[] = []
  for await (const { loss } of trainer) losses.push(loss)
  const weights = createHash('sha256')
  const { parameters } = model.state
  for (const key of [...parameters.keys()].sort()) weights.update(bytesOf(parameters.get(key)!))
  found[`training, ${name}`] = `${losses.join(' ')} ${weights.digest('hex').slice(0, 16)}`
  model.dispose()
}

function dataset(): Atrous.Dataset {
  const [width, height, size] = [90, 80, 6]
  const readLabels = async (index: number) => ({
    mask: pattern(width * height, 50 + index).map(value => (value > 250 ? 255 : value % 5)),
    ...{ width, height },
  })
  return {
    name: 'patterns',
    classNames: ['background', 'one', 'two', 'three', 'four'],
    size,
    ids: Array.from({ length: size }, (_, index) => `pattern ${index}`),
    readLabels,
    async read(index) {
      const data = pattern(width * height * 4, index)
      const image = { width, height, data, originalWidth: width, originalHeight: height }
      return { id: `pattern ${index}`, image, ...(await readLabels(index)) }
    },
  }
}

/** Waves and noise, identical each time. */
function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => {
    const noise = Math.imul(i + 1 + seed * 7919, 0x9e3779b1) >>> 26
    return Math.round(96 + 90 * Math.sin((i * (seed + 3)) / 501) + noise) & 255
  })
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function hash(values: Uint8Array | Float32Array): string {
  return createHash('sha256').update(bytesOf(values)).digest('hex').slice(0, 16)
}
