// What tuning may choose computes what the untuned kernels compute, for the convolutions of training as for inference.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { type FusedGraph, GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { opAlone } from '../../src/graph/tune/op_alone.ts'
import { trainingMode } from '../../src/graph/tune/training_mode.ts'
import { type Tunable, tunablesOf } from '../../src/graph/tune/tunable.ts'
import { inferenceMode } from '../../src/graph/tune/tuning_mode.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError } from '../support/run_graph.ts'

/** Two convolutions on an odd map: of stride 1, and of stride 2 with few and odd channels. */
function network() {
  const g = new GraphBuilder()
  const image = g.input('image', [2, 17, 19, 20])
  const features = g.conv2d(image, { name: 'features', outChannels: 36, kernel: 3 })
  const narrow = g.conv2d(features, { name: 'narrow', outChannels: 7, kernel: 3, stride: 2 })
  return g.build([narrow])
}

const training = (): FusedGraph =>
  trainingGraph(network(), {
    labels: { height: 17, width: 19 },
    ignoreIndex: 255,
    batchNorm: { mode: 'frozen' },
  })

/** The untuned candidate, and of each strategy its own tile and the first others: large ones take long to compile. */
function someOf({ candidates, untuned }: Tunable): string[] {
  const counts = new Map<string, number>()
  const some = candidates.filter(({ name }) => {
    const [strategy] = name.split(' ')
    counts.set(strategy, (counts.get(strategy) ?? 0) + 1)
    return counts.get(strategy)! <= 4
  })
  return [...new Set([untuned, ...some.map(({ name }) => name)])]
}

async function expectSameResults(gpu: Gpu, layer: Tunable, mode = inferenceMode): Promise<void> {
  const alone = await opAlone(gpu, layer, mode)
  let expected: Float32Array | undefined
  for (const name of someOf(layer)) {
    const contender = await alone.prepare(name)
    if (!contender) throw new Error(`${name} does not run`)
    const actual = await contender.run()
    expected ??= actual
    expect(actual.some(value => value !== 0)).to.equal(true)
    expect(relativeError(actual, expected), name).to.be.below(1e-5)
    await contender.destroy()
  }
  alone.destroy()
}

const trainingTunables = (device: Gpu) =>
  tunablesOf(training(), { device, mode: 'training' }, trainingMode.familyOf)

describe('candidates of tuning', () => {
  it('are the convolutions of an inference, and in training also their gradients', async () => {
    const device = await testGpu()
    const keysOf = (graph: FusedGraph, { mode, familyOf } = inferenceMode) =>
      tunablesOf(graph, { device, mode }, familyOf).map(({ convolution }) => convolution)
    const [wide, strided] = ['2×17×19×20 → 36, 3×3, padding 1', '2×17×19×36 → 7, 3×3, stride 2, padding 1']
    expect(keysOf(createPlan(network(), { device }).graph)).to.have.members([wide, strided])
    expect(keysOf(training(), trainingMode)).to.have.members([
      ...[`${wide}, in training`, `${strided}, in training`],
      `gradient of the input: ${strided}`,
      ...[`gradient of the weight: ${wide}`, `gradient of the weight: ${strided}`],
    ])
  })

  it('have a work, and one of them is what runs without tuning', async () => {
    for (const layer of trainingTunables(await testGpu())) {
      expect(layer.candidates.map(({ name }) => name)).to.include(layer.untuned)
      for (const { name, work } of layer.candidates) expect(work, name).to.be.within(1e4, 1e9)
    }
  })

  it('compute the same (slow)', async () => {
    const gpu = await testGpu()
    const before = gpu.memory
    for (const layer of tunablesOf(createPlan(network(), { device: gpu }).graph, { device: gpu }))
      await expectSameResults(gpu, layer)
    for (const layer of trainingTunables(gpu)) await expectSameResults(gpu, layer, trainingMode)
    expect(gpu.memory.buffers, 'all is released').to.equal(before.buffers)
  })
})
