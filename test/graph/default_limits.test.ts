// Every network's kernels run with WebGPU's default limits, which are all that many phones have.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { type Conv2dVariant, conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import { cutParameter } from '../../src/graph/ir/parameter_rows.ts'
import { packedBytes } from '../../src/graph/lower/packed_weights.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import type { Plan, PlanTarget } from '../../src/graph/plan/plan.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { spread } from '../../src/graph/runtime/allocate_together.ts'
import { accumulateGradients } from '../../src/kernels/training/accumulate_gradients.ts'
import { sgd } from '../../src/kernels/training/sgd.ts'
import type { DeepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { preset, presets } from '../../src/model/presets.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { DEFAULT_LIMITS, targetOf } from '../support/target.ts'

/** Of those that differ in nothing but the output stride or the inference strategy, one. */
const configs = [...new Map(presets.map(({ config }) => [keyOf(config), config])).values()]

const ofEachBackbone = [...new Map(configs.map(config => [config.backbone, config])).values()]

/** The network by which every variant of a convolution is checked. */
const small = preset('scenes').config

function keyOf({ outputStride: _, ...config }: DeepLabConfig): string {
  return JSON.stringify(config)
}

interface Size {
  batch?: number
  size: number
  outputStride?: number
}

function graphOf(config: DeepLabConfig, { batch = 1, size, outputStride = 16 }: Size) {
  const builder = new GraphBuilder()
  const image = builder.input('image', [batch, size, size, 3])
  return builder.build([deepLab(builder, image, config, outputStride)])
}

const trainingOf = (config: DeepLabConfig, size: Size, mode: 'batch' | 'frozen') =>
  trainingGraph(graphOf(config, size), {
    ...{ labels: { height: size.size, width: size.size }, ignoreIndex: 255 },
    batchNorm: mode === 'batch' ? { mode, momentum: 0.1 } : { mode },
  })

/** The plans of inference on one photo, and of a training step: on one photo, or on two if they train the batch norm. */
function plansOf(config: DeepLabConfig, target: PlanTarget, mode: 'batch' | 'frozen' = 'frozen'): Plan[] {
  const size = { size: 513, outputStride: config.outputStride }
  const hasBatchNorm = networkParameters(config).some(({ name }) => name.endsWith('running_mean'))
  return [
    createPlan(graphOf(config, size), target),
    planWithin(
      trainingOf(config, { ...size, batch: mode === 'batch' && hasBatchNorm ? 2 : 1 }, mode),
      target,
      2 ** 33,
    ),
  ]
}

const kernelsOf = (plans: Plan[]): Kernel[] =>
  plans.flatMap(({ steps, folded }) => [
    ...steps.map(({ kernel }) => kernel),
    ...folded.flatMap(({ parts }) => parts.map(({ kernel }) => kernel)),
  ])

/** What a training step does beside its plan. */
const updates = [
  sgd({ label: 'sgd', count: 64, multiplier: 1, momentum: 0.9, weightDecay: 1e-4 }),
  accumulateGradients({ label: 'accumulate', count: 64, share: 0.5 }),
]

/**
 * Checks each kernel that differs from the others: its text, its buffers, its workgroup and the workgroup's memory. Dawn's null
 * backend makes all of WebGPU's checks and compiles nothing for an adapter, which would take minutes.
 */
async function checkAll(gpu: Gpu, kernels: Kernel[]): Promise<number> {
  const distinct = new Map(kernels.map(kernel => [assemble(kernel.shader.wgsl, kernel), kernel]))
  await Promise.all([...distinct.values()].map(kernel => gpu.pipelines.get(kernel)))
  return distinct.size
}

/** A GPU of Dawn's null backend with WebGPU's default limits. */
async function withDefaultGpu<T>(
  work: (gpu: Gpu) => Promise<T>,
  features: readonly string[] = [],
): Promise<T> {
  const gpu = await openGpu({ features: ['backend=null'], device: { features, limits: 'default' } })
  return work(gpu).finally(() => gpu.destroy())
}

/** Buffers of these bytes hold the parameters of a network, and the weights that its plans pack. */
function weightBuffers(config: DeepLabConfig, plans: Plan[]): number[] {
  const packed = plans.flatMap(({ folded }) => folded)
  const weights = packed.map(each => ({ name: each.key, size: packedBytes(each, 'packed') }))
  const parameters = networkParameters(config)
    .flatMap(parameter => cutParameter(parameter, DEFAULT_LIMITS))
    .map(({ name, shape }) => ({ name, size: 4 * shape.reduce((a, b) => a * b) }))
  return [weights, parameters].flatMap(wanted => spread(wanted, DEFAULT_LIMITS).bufferBytes)
}

describe('default limits', () => {
  it('hold every preset at 513×513: its inference, and its training by micro-batches of one (slow)', () =>
    withDefaultGpu(async gpu => {
      for (const config of configs) {
        const plans = plansOf(config, targetOf({}))
        const arenas = plans.flatMap(({ arenaBuffers }) => arenaBuffers)
        for (const bytes of [...arenas, ...weightBuffers(config, plans)])
          expect(bytes).to.be.at.most(DEFAULT_LIMITS.maxBufferSize)
        await checkAll(gpu, kernelsOf(plans))
      }
    }))

  for (const [name, subgroupSizes] of [
    ['without subgroups', [undefined]],
    ['with subgroups', [8, 128]],
  ] as const)
    it(`hold the kernels of every backbone, and every variant of a convolution, ${name}`, () =>
      withDefaultGpu(
        async gpu => {
          const kernels = subgroupSizes.flatMap(subgroupSize => {
            const target = (variant?: Conv2dVariant) => targetOf({ subgroupSize, variant })
            return [
              ...ofEachBackbone.flatMap(config => kernelsOf(plansOf(config, target(), 'batch'))),
              ...conv2dVariants.flatMap(variant => kernelsOf(plansOf(small, target(variant)))),
            ]
          })
          expect(await checkAll(gpu, [...kernels, ...updates])).to.be.above(50)
        },
        name === 'with subgroups' ? ['subgroups'] : [],
      ))
})
