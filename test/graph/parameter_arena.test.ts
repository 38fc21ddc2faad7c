// Tests of a program that trains its own graph: it reads gradients, and sets weight decay by parameter.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type TrainingGraph, trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { Parameter } from '../../src/graph/ir/tensor.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { Executor } from '../../src/graph/runtime/executor.ts'
import { ParameterArena } from '../../src/graph/runtime/parameter_arena.ts'
import { TrainingWeights } from '../../src/graph/runtime/training_weights.ts'
import { seededImage, seededParameter } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { withLimits } from '../support/with_limits.ts'

const RATE = 0.125
/** Of 81 pixels, padded to whole words. */
const labels = { labels: Uint8Array.from({ length: 84 }, (_, i) => i % 3) }

function graphOf(build: (builder: GraphBuilder) => ReturnType<GraphBuilder['input']>): TrainingGraph {
  const builder = new GraphBuilder()
  const batchNorm = { mode: 'batch', momentum: 0.1 } as const
  const logits = build(builder)
  return trainingGraph(builder.build([logits]), {
    labels: { height: 9, width: 9 },
    ignoreIndex: 255,
    batchNorm,
  })
}

const network = graphOf(builder => {
  const image = builder.input('image', [1, 9, 9, 3])
  const features = builder.conv2d(image, { name: 'features', outChannels: 8, kernel: [1, 3] })
  const normal = builder.batchNorm(features, { name: 'bn', epsilon: 1e-5 })
  return builder.conv2d(normal, { name: 'classifier', outChannels: 4, kernel: 1, bias: true })
})

/** Several layers of 4 KiB of weights each. */
const wider = graphOf(builder => {
  let map = builder.input('image', [1, 9, 9, 3])
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    map = builder.conv2d(map, { name, outChannels: 32, kernel: 1, bias: true })
  return builder.conv2d(map, { name: 'classifier', outChannels: 4, kernel: 1, bias: true })
})

interface Training {
  graph?: TrainingGraph
  weightDecay: number
  decayOf?: (parameter: Parameter) => number
  microBatches?: number
  optimizer?: 'sgd' | 'adamw'
}

/** Parameters before and after a step, by default of plain gradient descent, the gradients that it followed, and averages. */
async function step(
  gpu: Gpu,
  { graph = network, decayOf, weightDecay, microBatches = 1, optimizer = 'sgd' }: Training,
) {
  const parameters = graphParameters(graph)
  const before = new Map(parameters.map(parameter => [parameter.name, seededParameter(parameter)]))
  const arena = await ParameterArena.create(gpu, parameters, {
    rateOf: ({ name }) => (name.includes('.running_') ? 0 : 1),
    decayOf,
    host: before,
    sums: microBatches > 1,
    squares: optimizer === 'adamw' ? new Map() : undefined,
    averages: before,
  })
  const optimiser = { optimizer, momentum: 0, weightDecay, microBatches, averageDecay: 0.5 }
  const weights = await TrainingWeights.create(gpu, arena, optimiser)
  const executor = await Executor.create(gpu, planWithin(graph, { device: gpu }), weights)
  weights.begin(RATE)
  for (let i = 0; i < microBatches; i++) {
    const ends = i === microBatches - 1
    await executor.run({ image: seededImage(9, 9), ...labels }, { begins: i === 0, ends })
  }
  const [after, gradients] = [await arena.read(), await arena.readGradients()]
  const [squares, averages] = [(await arena.readSquares()) ?? new Map(), (await arena.readAverages())!]
  await executor.destroy()
  weights.destroy()
  arena.destroy()
  return { before, after, gradients, squares, averages }
}

describe('ParameterArena', () => {
  for (const microBatches of [1, 2])
    it(`reads the gradients that a step of ${microBatches === 1 ? 'one batch' : 'two micro-batches'} followed`, async () => {
      const { before, after, gradients } = await step(await testGpu(), { weightDecay: 0, microBatches })
      expect([...gradients.keys()].sort()).to.deep.equal(
        [...before.keys()].filter(name => !name.includes('.running_')).sort(),
      )
      for (const [name, gradient] of gradients) {
        expect(
          gradient.some(value => value !== 0),
          name,
        ).to.equal(true)
        gradient.forEach((value, i) => {
          const moved = (before.get(name)![i] - after.get(name)![i]) / RATE
          expect(moved, `${name}[${i}]`).to.be.closeTo(value, 1e-5)
        })
      }
    })

  it('learns the same in several buffers, where one would be too large for the GPU', async () => {
    const gpu = await testGpu()
    const learn = () => step(gpu, { graph: wider, weightDecay: 0.1, microBatches: 2, optimizer: 'adamw' })
    const whole = await learn()
    const limits = { maxBufferSize: 12 * 1024, maxStorageBufferBindingSize: 11 * 1024 }
    const labels: string[] = []
    const spread = await withLimits(gpu, limits, async () => {
      const { allocate } = gpu
      gpu.allocate = (...args) => {
        labels.push(args[0])
        return allocate.apply(gpu, args)
      }
      return learn().finally(() => {
        gpu.allocate = allocate
      })
    })
    const kinds = ['squares of gradients', 'averages of parameters', 'sums of gradients']
    for (const label of ['parameters', 'gradients', 'velocities', ...kinds, 'packed weights'])
      expect(labels.filter(found => found === label).length, label).to.be.above(1)
    expectSameBits(spread.after, whole.after)
    expectSameBits(spread.gradients, whole.gradients)
    expectSameBits(spread.squares, whole.squares)
    expectSameBits(spread.averages, whole.averages)
  })

  it('refuses a parameter that the GPU cannot bind, in one line', async () => {
    const gpu = await testGpu()
    const limits = { maxStorageBufferBindingSize: 4000 }
    const attempt = withLimits(gpu, limits, () =>
      ParameterArena.create(gpu, graphParameters(wider), { rateOf: () => 1, host: new Map() }),
    )
    const { message } = await rejects(UserError, () => attempt)
    expect(message).to.equal(
      'b.weight takes 0.0 MiB, and this GPU binds 0.0 MiB at once: take a smaller network, or another GPU',
    )
  })

  it('decays a parameter by its own factor', async () => {
    const gpu = await testGpu()
    const weightDecay = 0.5
    const decayOf = ({ name }: Parameter) => (name.startsWith('bn.') ? 0 : 1)
    const { before, after, gradients } = await step(gpu, { weightDecay, decayOf })
    for (const [name, gradient] of gradients) {
      const decay = name.startsWith('bn.') ? 0 : weightDecay
      gradient.forEach((value, i) => {
        const weight = before.get(name)![i]
        expect(after.get(name)![i], `${name}[${i}]`).to.be.closeTo(
          weight - RATE * (value + decay * weight),
          1e-5,
        )
      })
    }
  })

  it('trains a graph whose plan packs no weights', async () => {
    const gpu = await testGpu()
    const bare = graphOf(builder => {
      const image = builder.input('image', [1, 9, 9, 4])
      return builder.batchNorm(image, { name: 'bn', epsilon: 1e-5 })
    })
    const plan = planWithin(bare, { device: gpu })
    expect(plan.folded).to.deep.equal([])
    const parameters = graphParameters(bare)
    const arena = await ParameterArena.create(gpu, parameters, {
      rateOf: ({ name }) => (name.includes('.running_') ? 0 : 1),
      host: new Map(parameters.map(parameter => [parameter.name, seededParameter(parameter)])),
    })
    const weights = await TrainingWeights.create(gpu, arena, { momentum: 0, weightDecay: 0 })
    const executor = await Executor.create(gpu, plan, weights)
    weights.begin(RATE)
    const image = Float32Array.from({ length: 9 * 9 * 4 }, (_, i) => Math.sin(i))
    const { loss } = await executor.run({ image, ...labels })
    expect(loss[0]).to.be.above(0)
    await executor.destroy()
    weights.destroy()
    arena.destroy()
  })
})
