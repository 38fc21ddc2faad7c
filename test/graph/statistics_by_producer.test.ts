import { expect } from 'chai'
import { type TrainingGraphOptions, trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import type { Step } from '../../src/graph/lower/step.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import type { Plan } from '../../src/graph/plan/plan.ts'
import { planWithin } from '../../src/graph/plan/plan_within.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'

const limits = {
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 40,
  minStorageBufferOffsetAlignment: 256,
}
const cpu = { device: { limits, isCpu: true, subgroupSize: 8 } }
const gpu = { device: { limits, subgroupSize: 32 } }

function training(batchNorm: TrainingGraphOptions['batchNorm']) {
  const builder = new GraphBuilder()
  const image = builder.input('image', [4, 257, 257, 3])
  const { config } = preset('deeplabv3_resnet50')
  const forward = builder.build([deepLab(builder, image, config, 16)])
  return trainingGraph(forward, { labels: { height: 257, width: 257 }, ignoreIndex: 255, batchNorm })
}

const shadersOf = (steps: Step[]) => new Set(steps.map(({ kernel }) => kernel.shader.name))
const of = (shader: string, { steps }: Plan) => steps.filter(({ kernel }) => kernel.shader.name === shader)
const leaving = ({ steps }: Plan) => steps.filter(({ operands }) => operands.statistics)
const tensorOf = ({ operands }: Step, name: string) => {
  const operand = operands[name]
  return 'tensor' in operand ? operand.tensor : undefined
}

/** The steps that write the inputs of the remaining `batch_norm_statistics`. */
function readAgain(plan: Plan): Step[] {
  const maps = new Set(of('batch_norm_statistics', plan).map(step => tensorOf(step, 'input')))
  return plan.steps.filter(step => step.operands.output && maps.has(tensorOf(step, 'output')))
}

describe('statistics computed by the convolution that makes the map', () => {
  const graph = training({ mode: 'batch', momentum: 0.1 })

  it('for all maps of conv2d_subgroup', () => {
    const plan = planWithin(graph, cpu)
    expect(shadersOf(leaving(plan))).to.deep.equal(new Set(['conv2d_subgroup']))
    expect(shadersOf(readAgain(plan))).to.deep.equal(new Set(['winograd_output']))
  })

  it('for all maps of conv2d_tiled without split sums', () => {
    const plan = planWithin(graph, gpu)
    expect(shadersOf(leaving(plan))).to.deep.equal(new Set(['conv2d_tiled']))
    expect(shadersOf(readAgain(plan))).to.deep.equal(
      new Set(['conv2d', 'conv2d_merge', 'winograd_output_rows']),
    )
  })

  it('once, if a convolution is computed a second time', () => {
    const whole = planWithin(graph, cpu)
    const plan = planWithin(graph, cpu, 0.4 * whole.arenaBytes)
    const names = plan.steps.map(({ op }) => op.name)
    expect(names.filter(name => name.endsWith('.conv1 again'))).not.to.deep.equal([])
    expect(leaving(plan).map(({ op }) => op.name)).to.deep.equal(leaving(whole).map(({ op }) => op.name))
    const merged = of('batch_norm_merge', plan).map(step => tensorOf(step, 'partials'))
    for (const step of leaving(plan)) expect(merged).to.include(tensorOf(step, 'statistics'))
  })

  it('not if nothing needs them', () => {
    expect(leaving(planWithin(training({ mode: 'frozen' }), cpu))).to.deep.equal([])
  })
})
