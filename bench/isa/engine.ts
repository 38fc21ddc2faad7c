// Compiles the pipelines of the engine's plans under the layer: `tsx bench/isa/engine.ts JOB`, a process of its own. It imports the
// source tree that the job names, so that two commits can be compared. It writes `steps.json` beside the layer's files.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import type { Conv2dVariant } from '../../src/graph/convolution/strategies.ts'
import type { ConvolutionStrategy } from '../../src/graph/convolution/strategy.ts'
import type { Plan } from '../../src/graph/plan/plan.ts'
import type { Compiled, CompiledPipeline, Job } from './job.ts'

const job: Job = JSON.parse(process.argv[2])
const load = <Module>(path: string): Promise<Module> => import(pathToFileURL(join(job.tree, path)).href)

const { openGpu } = await load<typeof import('../../src/node/gpu/dawn.ts')>('src/node/gpu/dawn.ts')
const { assemble } = await load<typeof import('../../src/gpu/wgsl.ts')>('src/gpu/wgsl.ts')
const { trafficOf } = await load<typeof import('../../src/gpu/kernel.ts')>('src/gpu/kernel.ts')

const gpu = await openGpu()
const steps = (await planOf(gpu)).steps.filter(
  ({ kernel }) => job.kernel === undefined || kernel.shader.name === job.kernel,
)
const pipelines = new Map<string, CompiledPipeline>()
const compiled: Compiled = {
  adapter: `${gpu.info.vendor} ${gpu.info.architecture}`,
  pipelines: [],
  steps: [],
}
for (const { op, kernel } of steps) {
  const { label, workgroups, params, macs = 0 } = kernel
  const { number } = await pipelineOf(kernel)
  compiled.steps.push({
    ...{ op: op.name, label, pipeline: number, workgroups, params, macs },
    ...{ bytes: trafficOf(kernel), shape: [...op.output.shape] },
  })
}
compiled.pipelines = [...pipelines.values()]
writeFileSync(join(job.out, 'steps.json'), JSON.stringify(compiled))
process.exit(0) // A device that cannot run cannot be closed in order either.

async function pipelineOf(kernel: Kernel): Promise<CompiledPipeline> {
  const wgsl = assemble(kernel.shader.wgsl, kernel)
  const known = pipelines.get(wgsl)
  if (known) return known
  const { shader, constants = {}, stored } = kernel
  const before = filesOfLayer()
  let error: string | undefined
  await gpu.pipelines.get(kernel).catch(reason => {
    error = String(reason).split('\n')[0]
  })
  const [number, ...others] = filesOfLayer().slice(before.length)
  if (error === undefined && (number === undefined || others.length > 0))
    throw new Error(
      `${kernel.label}: ${others.length + Number(number !== undefined)} pipelines for one kernel`,
    )
  const made = { number: number ?? -1 - pipelines.size, shader: shader.name, constants, stored, wgsl, error }
  pipelines.set(wgsl, made)
  return made
}

/** The numbers of the pipelines that the layer has written. */
function filesOfLayer(): number[] {
  const names = readdirSync(job.out).filter(name => name.startsWith('pipeline_'))
  return names.map(name => Number(name.slice('pipeline_'.length))).sort((a, b) => a - b)
}

async function planOf(gpu: Gpu): Promise<Plan> {
  const { findBenchModel } = await load<typeof import('../../src/cli/bench/bench_model.ts')>(
    'src/cli/bench/bench_model.ts',
  )
  const network = await findBenchModel(job.model)
  if (job.training) {
    const { recipeFor } = await load<typeof import('../../src/train/recipe.ts')>('src/train/recipe.ts')
    const { networkInTraining } = await load<typeof import('../../src/train/training_network.ts')>(
      'src/train/training_network.ts',
    )
    const { planWithin } = await load<typeof import('../../src/graph/plan/activation_budget.ts')>(
      'src/graph/plan/activation_budget.ts',
    )
    const { outputStride } = job
    const options = { ...job.training, ...(outputStride && { outputStride }) }
    const recipe = { ...recipeFor(network.config, options), classWeights: null }
    return planWithin(networkInTraining(network, recipe), { device: gpu })
  }
  const { Segmenter } = await load<typeof import('../../src/inference/segmenter.ts')>(
    'src/inference/segmenter.ts',
  )
  const { size, outputStride, precision } = job
  const photo = { width: size, height: size, originalWidth: size, originalHeight: size }
  const options = { size, ...(outputStride && { outputStride }) }
  const plan = (tuned?: Map<string, string>) =>
    new Segmenter(gpu, { ...network, precision }, tuned).plan([photo], options)
  return plan(job.force ? await forced(job.force, () => plan()) : undefined)
}

/** The choice for all convolutions that have its strategy by themselves. */
async function forced(choice: string, plan: () => Plan): Promise<Map<string, string>> {
  const { tunedKey } = await load<typeof import('../../src/graph/convolution/choose.ts')>(
    'src/graph/convolution/choose.ts',
  )
  const { strategies } = await load<typeof import('../../src/graph/convolution/strategies.ts')>(
    'src/graph/convolution/strategies.ts',
  )
  const chosen = new Map<string, string>()
  const strategy = strategies.find(({ name }) => name === choice.split(' ')[0])
  if (!strategy) throw new Error(`there is no way to compute a convolution that is called ${choice}`)
  const { lower } = strategy
  const spied = strategy as { lower: ConvolutionStrategy<Conv2dVariant>['lower'] }
  spied.lower = (layer, target) => {
    chosen.set(tunedKey(layer.options, target.mode), choice)
    return lower.call(strategy, layer, target)
  }
  plan()
  spied.lower = lower
  return chosen
}
