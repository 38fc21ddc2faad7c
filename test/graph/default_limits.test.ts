// Every network's kernels run with WebGPU's default limits, which are all that many phones have.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Kernel, shaderText } from '../../src/gpu/kernel.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { type Conv2dVariant, conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import { foldedBytes } from '../../src/graph/lower/folded_weights.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { planWithin } from '../../src/graph/plan/activation_budget.ts'
import { createPlan, type PlanTarget } from '../../src/graph/plan/plan.ts'
import { spread } from '../../src/graph/runtime/allocate_together.ts'
import { accumulateGradients } from '../../src/kernels/accumulate_gradients.ts'
import { sgd } from '../../src/kernels/sgd.ts'
import type { DeepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { networkParameters } from '../../src/model/initial_weights.ts'
import { preset, presets } from '../../src/model/presets.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { DEFAULT_LIMITS, targetOf } from '../support/target.ts'

/** Of those that differ in nothing but the output stride or the inference strategy, one. */
const configs = [...new Map(presets.map(({ config }) => [keyOf(config), config])).values()]

/** The network by which every variant of a convolution is compiled. */
const small = preset('deeplabv3_resnet50').config

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

function kernelsOf(config: DeepLabConfig, target: PlanTarget, mode: 'batch' | 'frozen' = 'batch'): Kernel[] {
  const training = trainingOf(config, { batch: 2, size: 65 }, mode)
  const plans = [createPlan(graphOf(config, { size: 65 }), target), planWithin(training, target)]
  return plans.flatMap(({ steps, folded }) => [
    ...steps.map(({ kernel }) => kernel),
    ...folded.flatMap(({ parts }) => parts.map(({ kernel }) => kernel)),
  ])
}

/** What a training step does beside its plan. */
const updates = [
  sgd({ label: 'sgd', count: 64, multiplier: 1, momentum: 0.9, weightDecay: 1e-4 }),
  accumulateGradients({ label: 'accumulate', count: 64, share: 0.5 }),
]

/** Compiles each kernel that differs from the others. WebGPU checks its buffers, its workgroup and the workgroup's memory. */
async function compileAll(gpu: Gpu, kernels: Kernel[]): Promise<number> {
  const distinct = new Map(kernels.map(kernel => [assemble(shaderText(kernel), kernel), kernel]))
  await Promise.all([...distinct.values()].map(kernel => gpu.pipelines.get(kernel)))
  return distinct.size
}

describe('default limits', () => {
  it('hold every preset at 513×513: its inference, and its training by micro-batches of one', () => {
    for (const config of configs) {
      const { outputStride } = config
      const target = targetOf({})
      const plans = [
        createPlan(graphOf(config, { size: 513, outputStride }), target),
        planWithin(trainingOf(config, { size: 513, outputStride }, 'frozen'), target, 2 ** 32),
      ]
      for (const { arenaBuffers } of plans)
        for (const bytes of arenaBuffers) expect(bytes).to.be.at.most(DEFAULT_LIMITS.maxBufferSize)
      const packed = plans.flatMap(({ folded }) => folded)
      const weights = packed.map(each => ({ name: each.key, size: foldedBytes(each, 'packed') }))
      const parameters = networkParameters(config).map(({ name, shape }) => ({
        name,
        size: 4 * shape.reduce((a, b) => a * b),
      }))
      for (const wanted of [weights, parameters])
        for (const bytes of spread(wanted, DEFAULT_LIMITS).bufferBytes)
          expect(bytes).to.be.at.most(DEFAULT_LIMITS.maxBufferSize)
    }
  })

  for (const [name, subgroupSizes] of [
    ['without subgroups', [undefined]],
    ['with subgroups', [8, 32, 128]],
  ] as const)
    it(`compiles the kernels of every preset, and every variant of a convolution, ${name}`, async function () {
      const features = (name === 'with subgroups' ? ['subgroups'] : []) as GPUFeatureName[]
      const gpu = await openGpu({ device: { features, limits: 'default' } })
      try {
        if (features.some(feature => !gpu.device.features.has(feature))) this.skip()
        const kernels = subgroupSizes.flatMap(subgroupSize => {
          const target = (variant?: Conv2dVariant) =>
            targetOf({ limits: DEFAULT_LIMITS, subgroupSize, variant })
          const chosen = configs.flatMap(config => kernelsOf(config, target()))
          return [
            ...chosen,
            ...conv2dVariants.flatMap(variant => kernelsOf(small, target(variant), 'frozen')),
          ]
        })
        expect(await compileAll(gpu, [...kernels, ...updates])).to.be.above(50)
      } finally {
        gpu.destroy()
      }
    })
})
