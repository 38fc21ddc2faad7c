import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { type TrainingGraph, trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { inputsOf } from '../../src/graph/ir/graph.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import type { Plan } from '../../src/graph/plan/plan.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'

/** A GPU with more room than any test needs. */
const limits = {
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 40,
  minStorageBufferOffsetAlignment: 256,
}
const target = { device: { limits } }

function training(name: string, { size, batch }: { size: number; batch: number }): TrainingGraph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [batch, size, size, 3])
  return trainingGraph(builder.build([deepLab(builder, image, preset(name).config, 16)]), {
    labels: { height: size, width: size },
    ignoreIndex: 255,
    batchNorm: { mode: 'batch', momentum: 0.1 },
  })
}

const macsOf = ({ steps }: Plan) => steps.reduce((sum, { kernel }) => sum + (kernel.macs ?? 0), 0)

/** The names of tensors that a plan computes twice. */
const repeated = ({ graph }: Plan) =>
  graph.ops.map(({ name }) => name).filter(name => name.endsWith(' again'))

describe('planWithin', () => {
  let resnet: TrainingGraph
  let whole: Plan
  before(() => {
    resnet = training('deeplabv3_resnet50', { size: 257, batch: 4 })
    whole = planWithin(resnet, target)
  })

  it('computes nothing twice if there is room', () => {
    expect(whole.graph).to.deep.equal(resnet)
    expect(planWithin(resnet, target, whole.arenaBytes).graph).to.deep.equal(resnet)
  })

  it('first computes tensors twice that cost no multiply-adds', () => {
    const plan = planWithin(resnet, target, 0.9 * whole.arenaBytes)
    expect(plan.arenaBytes).to.be.at.most(0.9 * whole.arenaBytes)
    expect(macsOf(plan)).to.equal(macsOf(whole))
    expect(repeated(plan)).to.not.deep.equal([])
  })

  it('halves the activations of ResNet-50 for less than a tenth more multiply-adds', () => {
    const plan = planWithin(resnet, target, 0.5 * whole.arenaBytes)
    expect(plan.arenaBytes).to.be.at.most(0.5 * whole.arenaBytes)
    expect(macsOf(plan) / macsOf(whole)).to.be.within(1, 1.1)
  })

  it('reduces those of MobileNetV2 to two fifths for less than a tenth more', () => {
    const mobilenet = training('deeplabv3_mobilenet_v2', { size: 257, batch: 4 })
    const full = planWithin(mobilenet, target)
    const plan = planWithin(mobilenet, target, 0.4 * full.arenaBytes)
    expect(plan.arenaBytes).to.be.at.most(0.4 * full.arenaBytes)
    expect(macsOf(plan) / macsOf(full)).to.be.within(1, 1.1)
  })

  it('stays within the largest buffer of the GPU by default', () => {
    const maxBufferSize = 0.5 * whole.arenaBytes
    const small = { device: { limits: { ...limits, maxBufferSize } } }
    expect(planWithin(resnet, small).arenaBytes).to.be.at.most(maxBufferSize)
  })

  it('takes several buffers if the budget is larger than one, or if not even the least fits into one', () => {
    const maxBufferSize = 0.5 * whole.arenaBytes
    const small = { device: { limits: { ...limits, maxBufferSize } } }
    const asked = planWithin(resnet, small, 1.2 * whole.arenaBytes)
    expect(repeated(asked)).to.deep.equal([])
    const tiny = { device: { limits: { ...limits, maxBufferSize: 60 * 2 ** 20 } } }
    const least = planWithin(resnet, tiny)
    for (const [plan, largest] of [
      [asked, maxBufferSize],
      [least, 60 * 2 ** 20],
    ] as const) {
      expect(plan.arenaBuffers.length).to.be.above(1)
      expect(Math.max(...plan.arenaBuffers)).to.be.at.most(largest)
    }
  })

  it('reads copies only in the backward pass, after they are computed', () => {
    const plan = planWithin(resnet, target, 0.4 * whole.arenaBytes)
    const { ops, inputs } = plan.graph
    expect(ops.slice(0, resnet.forwardOps)).to.deep.equal(resnet.ops.slice(0, resnet.forwardOps))
    const made = new Set(inputs)
    for (const op of ops) {
      if ('logSumExp' in op) made.add(op.logSumExp)
      for (const input of inputsOf(op)) expect(made.has(input), `${op.name}: ${input.name}`).to.equal(true)
      made.add(op.output)
    }
    expect(new Set(repeated(plan)).size, 'no tensor is made a third time').to.equal(repeated(plan).length)
    const late = ops.slice(resnet.forwardOps).filter(({ kind }) => kind === 'batchNormTraining')
    expect(late, 'running statistics move once').to.deep.equal([])
  })

  it('reports the least memory needed, and what to change', () => {
    expect(() => planWithin(resnet, target, 50 * 2 ** 20)).to.throw(
      UserError,
      /^a training step takes 1\d\d\.\d MiB at least, .* the activation budget is 50\.0 MiB: take smaller crops or micro-batches$/,
    )
  })
})
