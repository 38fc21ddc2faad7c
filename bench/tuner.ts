// The tuner against an exhaustive sweep of the same candidates, on convolutions of MobileNetV2 and ResNet-50:
// `npx tsx bench/tuner.ts tuner|sweep|final FILE [--size N] [--most N] [--every N] [--training] [--batch-size N] [--seconds N]`.
// FILE takes the results. `tuner` tunes all layers, or each N-th of those with at most so many million multiply-adds. `sweep` times
// every candidate of one layer after the other, for so many seconds, or those that match `--only`. It goes on where it ended. `final` runs the tuner's choices
// against the sweep's best in turn, on the layers that were swept, and prints a row: how long tuner and sweep took, and the regret,
// which is how much longer the tuner's choices take than the best: the mean over layers, and of the time of all layers together. With MESA_SHADER_CACHE_DISABLE=true both pay for compilation.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { adapterName, describeAdapter } from '../src/bench/adapter.ts'
import { digits, percentText, table } from '../src/cli/format.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import { type FusedGraph, GraphBuilder } from '../src/graph/ops/index.ts'
import { createPlan } from '../src/graph/plan/create_plan.ts'
import { type OpAlone, opAlone } from '../src/graph/tune/op_alone.ts'
import { trainingMode } from '../src/graph/tune/training_mode.ts'
import { type Tunable, tunablesOf } from '../src/graph/tune/tunable.ts'
import { type TuneProgress, tune } from '../src/graph/tune/tune.ts'
import { inferenceMode } from '../src/graph/tune/tuning_mode.ts'
import { loadNetwork } from '../src/model/backbones/index.ts'
import { deepLabConfig } from '../src/model/config.ts'
import { deepLab } from '../src/model/deeplab.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../src/node/gpu/dawn.ts'
import { recipeFor } from '../src/train/recipe.ts'
import { networkInTraining } from '../src/train/training_network.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '97' },
    every: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    most: { type: 'string', default: 'Infinity' },
    training: { type: 'boolean', default: false },
    'batch-size': { type: 'string', default: '1' },
    seconds: { type: 'string', default: '150' },
  },
})
const [phase, file] = positionals
const only = new RegExp(values.only)
const [size, batchSize] = [Number(values.size), Number(values['batch-size'])]
const mode = values.training ? trainingMode : inferenceMode
const end = performance.now() + 1000 * Number(values.seconds)
const isOver = () => performance.now() >= end

/** A run of the sweep takes so many milliseconds, as the tuner's do. A candidate has a run that does not count, one that does, and these. */
const RUN = 4
const RUNS = 2
/** But what takes longer than this times the best so far has one run that counts. */
const TOO_SLOW = 1.5
/** Candidates of a final besides the tuner's choice, and its rounds. */
const FINALISTS = 3
const ROUNDS = 9

type Milliseconds = Record<string, number | null>

interface Results {
  adapter: string
  tuner?: { seconds: number; choices: Record<string, string> }
  sweep: { seconds: number; times: Record<string, Milliseconds> }
  finals: Record<string, Record<string, number>>
}

const multiplyAdds = ({ pixels, inChannels, outChannels, taps }: Tunable['shape']) =>
  pixels * inChannels * outChannels * taps

function graphOf(backbone: 'mobilenet_v2' | 'resnet50', gpu: Gpu): FusedGraph {
  const config = deepLabConfig({ backbone })
  const preprocessing = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], size }
  if (mode === trainingMode) {
    const recipe = recipeFor(config, { batchSize, cropSize: size, classWeights: null })
    return networkInTraining({ config, preprocessing } as never, { ...recipe, classWeights: null })
  }
  const builder = new GraphBuilder()
  const image = builder.input('image', [batchSize, size, size, 3])
  return createPlan(builder.build([deepLab(builder, image, config, 16)]), { device: gpu }).graph
}

async function sweep(gpu: Gpu, layer: Tunable, { sweep }: Results): Promise<void> {
  const { convolution, candidates } = layer
  sweep.times[convolution] ??= {}
  const times = sweep.times[convolution]
  const left = candidates.filter(({ name }) => name.match(only) && !(name in times))
  if (left.length === 0 || isOver()) return
  const start = performance.now()
  const alone = await opAlone(gpu, layer, mode)
  for (const { name } of left) {
    if (isOver()) break
    const best = Math.min(...Object.values(times).filter(time => time !== null))
    times[name] = (await shortest(alone, name, TOO_SLOW * best)) ?? null
  }
  alone.destroy()
  sweep.seconds += (performance.now() - start) / 1000
}

/** What takes longer than `limit` is timed once. */
async function shortest(alone: OpAlone, name: string, limit: number): Promise<number | undefined> {
  const contender = await alone.prepare(name)
  if (!contender) return undefined
  await contender.run()
  const times = [await contender.time(1)]
  const repetitions = Math.ceil(RUN / Math.max(times[0], 0.01))
  if (times[0] < limit) while (times.length <= RUNS) times.push(await contender.time(repetitions))
  await contender.destroy()
  return Math.min(...times)
}

const isSwept = ({ convolution, candidates }: Tunable, { sweep }: Results): boolean =>
  candidates.every(({ name }) => !name.match(only) || name in (sweep.times[convolution] ?? {}))

async function final(gpu: Gpu, layer: Tunable, { tuner, sweep, finals }: Results): Promise<void> {
  const { convolution } = layer
  if (convolution in finals || isOver()) return
  const swept = Object.entries(sweep.times[convolution]).flatMap(([name, time]) =>
    time === null ? [] : [{ name, time }],
  )
  const best = swept.sort((a, b) => a.time - b.time).slice(0, FINALISTS)
  // A layer that the tuner had no time for keeps what runs without tuning.
  const chosen = tuner!.choices[convolution] ?? layer.untuned
  tuner!.choices[convolution] = chosen
  const names = [...new Set([chosen, ...best.map(({ name }) => name)])]
  const alone = await opAlone(gpu, layer, mode)
  const contenders = []
  for (const name of names) {
    const contender = (await alone.prepare(name))!
    await contender.run()
    contenders.push({ name, contender, times: [] as number[] })
  }
  const repetitions = Math.ceil((2 * RUN) / Math.max(best[0].time, 0.01))
  for (let round = 0; round < ROUNDS; round++)
    for (const { contender, times } of contenders) times.push(await contender.time(repetitions))
  finals[convolution] = Object.fromEntries(contenders.map(({ name, times }) => [name, Math.min(...times)]))
  for (const { contender } of contenders) await contender.destroy()
  alone.destroy()
}

function summary({ adapter, tuner, sweep, finals }: Results): string[] {
  const layers = Object.entries(finals).map(([convolution, times]) => ({
    chosen: times[tuner!.choices[convolution]],
    best: Math.min(...Object.values(times)),
  }))
  const regrets = layers.map(({ chosen, best }) => chosen / best - 1)
  const total = (time: 'chosen' | 'best') => layers.reduce((sum, layer) => sum + layer[time], 0)
  const mean = Math.exp(regrets.reduce((sum, regret) => sum + Math.log1p(regret), 0) / regrets.length) - 1
  const count = Object.values(sweep.times).reduce((sum, times) => sum + Object.keys(times).length, 0)
  return [
    ...[adapter, String(regrets.length), String(count), digits(sweep.seconds), digits(tuner!.seconds)],
    ...[percentText(tuner!.seconds / sweep.seconds), percentText(mean), percentText(Math.max(...regrets))],
    percentText(regrets.filter(regret => regret > 0.05).length / regrets.length),
    percentText(total('chosen') / total('best') - 1),
  ]
}

const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
try {
  for (const backbone of ['mobilenet_v2', 'resnet50'] as const) await loadNetwork({ backbone })
  const whole = (['mobilenet_v2', 'resnet50'] as const).flatMap(name => graphOf(name, gpu).ops)
  const all = tunablesOf(
    { stage: 'fused', ops: whole, inputs: [], outputs: [] },
    { device: gpu, mode: mode.mode },
    mode.familyOf,
  )
  const layers = all
    .filter(({ shape }) => multiplyAdds(shape) <= 1e6 * Number(values.most))
    .filter((_, i) => i % Number(values.every) === 0)
  const graph: FusedGraph = { stage: 'fused', ops: layers.map(({ op }) => op), inputs: [], outputs: [] }
  const adapter = `${adapterName(describeAdapter(gpu))}, subgroups of ${gpu.subgroupSize ?? 'several sizes'}`
  const results: Results = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { adapter, sweep: { seconds: 0, times: {} }, finals: {} }
  if (phase === 'tuner') {
    const start = performance.now()
    const onProgress = ({ done, convolution }: TuneProgress) =>
      console.error(digits((performance.now() - start) / 1000), 's', done, convolution)
    const found = await tune(gpu, graph, {
      mode,
      seconds: Number(values.seconds),
      onProgress,
      turn: work => work(),
    })
    const choices = Object.fromEntries(found.map(({ convolution, fastest }) => [convolution, fastest]))
    results.tuner = { seconds: (performance.now() - start) / 1000, choices }
    results.finals = {}
    console.log(`${found.length} of ${layers.length} layers tuned in ${digits(results.tuner.seconds)} s`)
  }
  if (phase === 'sweep') {
    for (const layer of layers) await sweep(gpu, layer, results)
    const swept = layers.filter(layer => isSwept(layer, results)).length
    console.log(`${swept} of ${layers.length} layers swept in ${digits(results.sweep.seconds)} s`)
  }
  if (phase === 'final') {
    for (const layer of layers) if (isSwept(layer, results)) await final(gpu, layer, results)
    const headings = ['adapter', 'layers', 'candidates', 'sweep s', 'tuner s', 'share', 'mean regret']
    if (Object.keys(results.finals).length === 0) console.log('no layer is swept yet')
    else
      console.log(
        table([[...headings, 'worst', 'above 5 %', 'of all time'], summary(results)], { numbers: 1 }),
      )
  }
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
} finally {
  gpu.destroy()
}
