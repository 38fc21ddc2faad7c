// Training steps on the GPU against PyTorch's: the same weights, images and labels, five steps of SGD.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { trainingGraph } from '../../src/graph/autodiff.ts'
import { Executor } from '../../src/graph/executor.ts'
import { graphParameters } from '../../src/graph/graph.ts'
import { ParameterArena } from '../../src/graph/parameter_arena.ts'
import { createPlan } from '../../src/graph/plan.ts'
import { TrainingWeights } from '../../src/graph/training_weights.ts'
import { testGpu } from '../support/gpu.ts'
import {
  goldenNetworks,
  goldenTraining,
  trainingGraph as networkGraph,
  sampled,
  startingValue,
  type Trajectory,
  trainingImages,
  trainingLabels,
  trajectories,
} from './golden.ts'

const { steps, batch, momentum, weightDecay, auxiliaryLoss } = goldenTraining

/** Losses before each step, and the parameters after the last. */
async function train(gpu: Gpu, { network, batchNorm }: Trajectory) {
  const golden = goldenNetworks[network]
  const [height, width] = golden.size
  const forward = networkGraph(network)
  const graph = trainingGraph(forward, {
    labels: { height, width },
    ignoreIndex: 255,
    classWeights: golden.classWeights !== null,
    lossWeights: [1, auxiliaryLoss],
    batchNorm: batchNorm === 'training' ? { mode: 'batch', momentum: 0.1 } : { mode: 'frozen' },
  })
  const parameters = graphParameters(forward)
  const arena = await ParameterArena.create(gpu, parameters, {
    rateOf: ({ name }) => (name.includes('running_') ? 0 : 1),
    host: new Map(parameters.map(parameter => [parameter.name, startingValue(golden, parameter)])),
  })
  const weights = await TrainingWeights.create(gpu, arena, { momentum, weightDecay })
  const executor = await Executor.create(gpu, createPlan(graph, gpu, []), weights)
  const inputs = {
    image: trainingImages(golden),
    labels: padImages(trainingLabels(golden)),
    classWeights: Float32Array.from(golden.classWeights ?? []),
  }
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    weights.begin(golden.learningRate * (1 - step / steps) ** 0.9)
    const found = await executor.run(inputs)
    losses.push(graph.losses.reduce((sum, { output, weight }) => sum + weight * found[output.name][0], 0))
  }
  const values = await arena.read()
  await executor.destroy()
  weights.destroy()
  arena.destroy()
  return { losses, values }
}

/** Each image's labels on whole words, as the GPU takes them. */
function padImages(labels: Uint8Array): Uint8Array {
  const pixels = labels.length / batch
  const padded = new Uint8Array(batch * Math.ceil(pixels / 4) * 4)
  for (let image = 0; image < batch; image++)
    padded.set(labels.subarray(image * pixels, (image + 1) * pixels), (image * padded.length) / batch)
  return padded
}

/** L2 norm of the difference, over that of what is expected. */
function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  let [distance, norm] = [0, 0]
  expected.forEach((value, i) => {
    distance += (actual[i] - value) ** 2
    norm += value ** 2
  })
  return Math.sqrt(distance / norm)
}

/** Rounding grows where batch norm runs over two images: PyTorch's own float32 strays as far. */
const TOLERANCE = {
  tiny: { loss: 1e-6, weights: 1e-5 },
  deeplabv3_resnet50: { loss: 3e-4, weights: 1e-3 },
  auxiliary: { loss: 1e-6, weights: 1e-5 },
}

describe('training steps', () => {
  for (const trajectory of trajectories) {
    const { network, batchNorm, losses: expected, values } = trajectory
    it(`${network}, batch norm ${batchNorm}: PyTorch's losses and weights`, async () => {
      const tolerance = TOLERANCE[network]
      const result = await train(await testGpu(), trajectory)
      result.losses.forEach((loss, step) => {
        expect(Math.abs(loss / expected[step] - 1), `loss of step ${step + 1}`).to.be.below(tolerance.loss)
      })
      for (const { name, sample } of values)
        expect(relativeDistance(sampled(result.values.get(name)!), sample), name).to.be.below(
          tolerance.weights,
        )
    })
  }

  it('two runs give the same bits', async () => {
    const gpu = await testGpu()
    const tiny = trajectories.find(({ network }) => network === 'tiny')!
    const [first, second] = [await train(gpu, tiny), await train(gpu, tiny)]
    expect(second.losses).to.deep.equal(first.losses)
    for (const [name, values] of first.values) expect(second.values.get(name), name).to.deep.equal(values)
  })
})
