// Compiles the pipelines of the engine's plans under the layer: `tsx bench/isa/engine.ts JOB`, a process of its own. It imports the
// source tree that the job names, so that two commits can be compared.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Kernel } from '../../src/gpu/kernel.ts'
import type { Conv2dVariant } from '../../src/graph/convolution/strategies.ts'
import type { ConvolutionStrategy } from '../../src/graph/convolution/strategy.ts'
import type { Plan } from '../../src/graph/plan/plan.ts'
import { compileKernels } from './compile_kernels.ts'
import type { Job } from './job.ts'

const job: Job = JSON.parse(process.argv[2])
const load = <Module>(path: string): Promise<Module> => import(pathToFileURL(join(job.tree, path)).href)

const { openGpu } = await load<typeof import('../../src/node/gpu/dawn.ts')>('src/node/gpu/dawn.ts')
const { assemble } = await load<typeof import('../../src/gpu/wgsl.ts')>('src/gpu/wgsl.ts')

const gpu = await openGpu()
const used = job.training ? await trainingKernels(job.training) : await inferenceKernels()
const kernels = used.filter(({ shader }) => job.kernel === undefined || shader.name === job.kernel)
await compileKernels(kernels, { gpu, assemble, out: job.out })
process.exit(0) // A device that cannot run cannot be closed in order either.

async function network() {
  const { findBenchModel } = await load<typeof import('../../src/cli/bench/bench_model.ts')>(
    'src/cli/bench/bench_model.ts',
  )
  return findBenchModel(job.model)
}

async function inferenceKernels(): Promise<Kernel[]> {
  const { Segmenter } = await load<typeof import('../../src/inference/segmenter.ts')>(
    'src/inference/segmenter.ts',
  )
  const { size, outputStride, precision } = job
  const photo = { width: size, height: size, originalWidth: size, originalHeight: size }
  const options = { size, ...(outputStride && { outputStride }) }
  const model = { ...(await network()), precision }
  const plan = (tuned?: Map<string, string>) => new Segmenter(gpu, model, tuned).plan([photo], options)
  const { steps } = await plan(job.force ? await forced(job.force, () => plan()) : undefined)
  return steps.map(({ kernel }) => kernel)
}

/** Of a whole step, as TrainingRun makes it: what packs the weights, forward, loss, backward and the update. */
async function trainingKernels(asked: NonNullable<Job['training']>): Promise<Kernel[]> {
  const { recipeFor } = await load<typeof import('../../src/train/recipe.ts')>('src/train/recipe.ts')
  const { TrainingRun } =
    await load<typeof import('../../src/train/training_run.ts')>('src/train/training_run.ts')
  const { Program } = await load<typeof import('../../src/gpu/program.ts')>('src/gpu/program.ts')
  const trained = await network()
  const { outputStride } = job
  const options = { ...asked, ...(outputStride && { outputStride }) }
  const recipe = { ...recipeFor(trained.config, options), classWeights: null }
  // The step is one program. It is not made: that would compile its pipelines in no order.
  return new Promise((resolve, reject) => {
    Program.create = (_gpu, _label, launches) => {
      resolve(launches.map(({ kernel }) => kernel))
      return new Promise(() => {})
    }
    TrainingRun.create(gpu, trained, recipe).catch(reject)
  })
}

/** The choice for all convolutions that have its strategy by themselves. */
async function forced(choice: string, plan: () => Plan | Promise<Plan>): Promise<Map<string, string>> {
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
