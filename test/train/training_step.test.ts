// Compares training steps on the GPU with PyTorch's: the same weights, images and labels, five steps of SGD or AdamW.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type TrainingGraph, trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { type Conv2dVariant, conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { Parameter } from '../../src/graph/ir/tensor.ts'
import { learningRates, weightDecays } from '../../src/train/learned_parameters.ts'
import { lossTermsOf } from '../../src/train/loss_terms.ts'
import { padLabels } from '../../src/train/micro_batches.ts'
import { learningRateOf, polyLearningRate } from '../../src/train/schedule.ts'
import { testGpu } from '../support/gpu.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { trainGraph } from '../support/train_graph.ts'
import {
  goldenNetworks,
  goldenTraining,
  isTiny,
  networkConfig,
  networkGraph,
  sampled,
  startingValue,
  type Trajectory,
  trainingImages,
  trainingLabels,
  trajectories,
} from './golden.ts'

const { steps, batch, momentum, weightDecay, auxiliaryLoss } = goldenTraining

/** The rates and the decay of each parameter by the recipe of a golden network, and its averages. */
function recipeOf(network: string, graph: TrainingGraph) {
  const { recipe, backbone = [], head = [], learningRate } = goldenNetworks[network]
  if (!recipe) {
    const learningRates = Array.from({ length: steps }, (_, step) =>
      polyLearningRate(learningRate, step, steps),
    )
    return { momentum, weightDecay, learningRates }
  }
  const of = (layers: string[], { name }: Parameter) => layers.some(layer => name.startsWith(`${layer}.`))
  const inTiny = (parameter: Parameter) => {
    if (parameter.name.includes('.running_')) return 0
    if (of(head, parameter)) return recipe.headLearningRate
    return of(backbone, parameter) ? recipe.backboneLearningRate : 1
  }
  return {
    ...recipe,
    learningRates: Array.from({ length: steps }, (_, step) =>
      learningRateOf(step, { ...recipe, learningRate, steps }),
    ),
    rateOf: isTiny(network) ? inTiny : learningRates(networkConfig(network), recipe),
    decayOf: weightDecays(graph, recipe),
  }
}

/** The loss before each step, the parameters after the last, and their averages. */
async function train(gpu: Gpu, { network, batchNorm }: Trajectory, variant?: Conv2dVariant) {
  const golden = goldenNetworks[network]
  const [height, width] = golden.size
  const forward = networkGraph(network)
  const graph = trainingGraph(forward, {
    labels: { height, width },
    ignoreIndex: 255,
    classWeights: golden.classWeights !== null,
    alignCorners: !isTiny(network) && networkConfig(network).alignCorners,
    lossWeights: [1, auxiliaryLoss],
    labelSmoothing: golden.loss?.labelSmoothing,
    lossTerms: await lossTermsOf(golden.loss ?? {}),
    batchNorm: batchNorm === 'training' ? { mode: 'batch', momentum: 0.1 } : { mode: 'frozen' },
  })
  const start = graphParameters(forward).map(
    parameter => [parameter.name, startingValue(golden, parameter)] as const,
  )
  return trainGraph(gpu, graph, {
    inputs: {
      image: trainingImages(golden),
      labels: padLabels(trainingLabels(golden), batch),
      classWeights: Float32Array.from(golden.classWeights ?? []),
    },
    parameters: new Map(start),
    ...recipeOf(network, graph),
    variant,
  })
}

/** The L2 norm of the difference, relative to that of the expected values. */
function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  let [distance, norm] = [0, 0]
  expected.forEach((value, i) => {
    distance += (actual[i] - value) ** 2
    norm += value ** 2
  })
  return Math.sqrt(distance / norm)
}

/** Rounding errors grow if batch norm runs over two images: PyTorch's own float32 deviates as much. */
const TOLERANCE: Record<string, { loss: number; weights: number }> = {
  tiny: { loss: 1e-6, weights: 1e-5 },
  deeplabv3_resnet50: { loss: 3e-4, weights: 1e-3 },
  auxiliary: { loss: 1e-6, weights: 1e-5 },
  fcn8s: { loss: 1e-6, weights: 1e-6 },
  vgg_aspp: { loss: 1e-6, weights: 1e-5 },
  deeplab_v2: { loss: 1e-5, weights: 1e-5 },
  'tiny, AdamW': { loss: 1e-6, weights: 3e-4 },
  'auxiliary, AdamW': { loss: 1e-6, weights: 1e-5 },
}
const FAMILY_TOLERANCE = { loss: 3e-4, weights: 1e-3 }

/** ResNet-50 with frozen batch norm is among the quick tests, and each term of a loss with the tiny network. */
const isLong = ({ network, batchNorm }: (typeof trajectories)[number]) =>
  (network === 'deeplabv3_resnet50' && batchNorm === 'training') || network === 'auxiliary, every term'

describe('training steps', () => {
  for (const trajectory of trajectories) {
    const { network, batchNorm, losses: expected, values, averages = [] } = trajectory
    // The other networks take too long to train with every variant.
    const choices = network === 'tiny' ? conv2dVariants : []
    for (const variant of [undefined, ...choices])
      it(`${network}, batch norm ${batchNorm}${variant ? `, by ${variant}` : ''}: PyTorch's losses and weights${isLong(trajectory) ? ' (slow)' : ''}`, async () => {
        const tolerance = TOLERANCE[network] ?? (isTiny(network) ? TOLERANCE.tiny : FAMILY_TOLERANCE)
        const result = await train(await testGpu(), trajectory, variant)
        result.losses.forEach((loss, step) => {
          expect(Math.abs(loss / expected[step] - 1), `loss of step ${step + 1}`).to.be.below(tolerance.loss)
        })
        for (const { name, sample } of values)
          expect(relativeDistance(sampled(result.parameters.get(name)!), sample), name).to.be.below(
            tolerance.weights,
          )
        for (const { name, sample } of averages)
          expect(
            relativeDistance(sampled(result.averages!.get(name)!), sample),
            `average of ${name}`,
          ).to.be.below(tolerance.weights)
      })
  }

  for (const variant of [undefined, 'winograd_4'] as const)
    it(`two runs give the same bits${variant ? `, by ${variant}` : ''}`, async () => {
      const gpu = await testGpu()
      const tiny = trajectories.find(({ network }) => network === 'tiny')!
      const [first, second] = [await train(gpu, tiny, variant), await train(gpu, tiny, variant)]
      expect(second.losses).to.deep.equal(first.losses)
      expectSameBits(second.parameters, first.parameters)
    })
})
