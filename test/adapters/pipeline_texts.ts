// The text of every pipeline that adapters compile: of the kernels' cases, and of whole networks in inference and in training.

import { type AdapterTraits, adapterKey } from '../../src/bench/answers/kernel_check.ts'
import { storedAsFloat16, storedBuffers } from '../../src/gpu/float16_storage.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import type { Step } from '../../src/graph/lower/step.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { inferenceGraph } from '../../src/inference/inference_graph.ts'
import { viewsOf } from '../../src/inference/views.ts'

import { backboneOf } from '../../src/model/backbones/index.ts'
import { type Preset, preset } from '../../src/model/presets.ts'
import { recipeFor } from '../../src/train/recipe.ts'
import { networkInTraining } from '../../src/train/training_network.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { loadSuites } from '../support/kernel_suites.ts'
import { type Choice, targetOf } from '../support/target.ts'

export interface PipelineText {
  shader: string
  wgsl: string
  /** The first kernel that has it. */
  label: string
}

/** Lanes of a subgroup, on adapters that have them. */
const SUBGROUP_SIZES = [undefined, 8, 16, 32]

/** Networks that together have every kind of layer. */
const NETWORKS = ['scenes', 'deeplabv3_resnet50', 'deeplabv3_mobilenet_v2', 'table1.os16', 'table6.os8']

/** Each distinct text once. */
export async function pipelineTexts(): Promise<PipelineText[]> {
  const found = new Map<string, PipelineText>()
  const add = (kernel: Kernel, label: string) => {
    // naga's devices have no `subgroup-size-control`.
    const wgsl = assemble(kernel.shader.wgsl, { ...kernel, subgroupSize: undefined })
    if (!found.has(wgsl)) found.set(wgsl, { shader: kernel.shader.name, wgsl, label })
  }
  for (const suite of await loadSuites())
    for (const { kernel, name } of kernelsOf(suite)) {
      add(kernel, name)
      if (storedBuffers(kernel).size > 0) add(storedAsFloat16(kernel), `${name}, f16`)
    }
  for (const name of NETWORKS)
    for (const subgroupSize of SUBGROUP_SIZES) {
      const label = `${name}, subgroups of ${subgroupSize}`
      for (const precision of ['fp32', 'fp16'] as const)
        for (const { kernel } of inferenceSteps(preset(name), { subgroupSize, precision }))
          add(kernel, `${label}, ${precision}: ${kernel.label}`)
      for (const freezeBatchNorm of [false, true])
        for (const { kernel } of trainingSteps(preset(name), { subgroupSize, freezeBatchNorm }))
          add(kernel, `${label}, training: ${kernel.label}`)
    }
  return [...found.values()]
}

const adapters: AdapterTraits[] = [
  ...SUBGROUP_SIZES.map(subgroupSize => ({ subgroupSize })),
  { subgroupSizes: [32], subgroupMatrix: { m: 16, n: 8, k: 16 } },
]

/** The kernels of a suite's small cases. Those of networks' layers are in the networks' plans. */
function* kernelsOf({ shader, variants, tiles, needs, ...suite }: KernelSuite) {
  const runs = needs ? adapters.filter(each => adapterKey(needs, each) !== undefined) : adapters.slice(0, 1)
  for (const { cases, run } of [suite, ...Object.values({ ...variants, ...tiles })])
    for (const test of cases)
      if (!test.bench)
        for (const adapter of runs)
          yield { kernel: run(test, adapter).kernel, name: `${shader}: ${test.name}` }
}

/** So large that every network fits: what a plan runs does not depend on them. */
const limits: Choice['limits'] = {
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 33,
  minStorageBufferOffsetAlignment: 256,
}

function inferenceSteps({ config, inference, size = 513 }: Preset, choice: Choice): Step[] {
  const photo = { width: size, height: size, originalWidth: size, originalHeight: size }
  const job = {
    ...{ batch: 1, photo, outputStride: inference.outputStride, views: viewsOf({}) },
    preprocessing: { ...backboneOf(config).preprocessing, size },
    ...({ maskAt: 'photo', withScores: false } as const),
  }
  return createPlan(inferenceGraph(config, job), targetOf({ ...choice, limits })).steps
}

function trainingSteps(
  { config }: Preset,
  { subgroupSize, freezeBatchNorm }: Choice & { freezeBatchNorm: boolean },
): Step[] {
  const { preprocessing } = backboneOf(config)
  const recipe = recipeFor(config, { batchSize: 2, cropSize: 129, freezeBatchNorm, dropout: 0.1 })
  const graph = networkInTraining({ config, preprocessing }, { ...recipe, classWeights: null })
  return planWithin(graph, targetOf({ subgroupSize, limits })).steps
}
