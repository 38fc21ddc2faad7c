// Tests the gradient of a convolution's input in a plan, with every variant, against the reference.

import { expect } from 'chai'
import { gradientConvolution } from '../../src/graph/convolution/gradient_convolution.ts'
import { type Conv2dVariant, conv2dVariants } from '../../src/graph/convolution/strategies.ts'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import type { Conv2dBackwardInputOp } from '../../src/graph/ops/conv2d.ts'
import type { FusedGraph } from '../../src/graph/ops/index.ts'
import { trainingOps } from '../../src/graph/ops/training_ops.ts'
import { planOptimised } from '../../src/graph/plan/plan.ts'
import { type WinogradOutputs, winogradFits } from '../../src/kernels/winograd/winograd.ts'
import { randomStatistics } from '../kernels/batch_norm.ts'
import { type Conv2dBackwardCase, cases, conv2dBackwardOf } from '../kernels/shared/conv2d_backward_cases.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dBackwardInput, conv2dBackwardInputAt } from '../reference/conv2d_backward_input.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { sampleIndices } from '../reference/random.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { caseTitle } from '../support/kernel_suite.ts'
import { runGraph } from '../support/run_graph.ts'
import { targetOf } from '../support/target.ts'

function fits(test: Conv2dBackwardCase, outputs: WinogradOutputs): boolean {
  const { padding } = conv2dBackwardOf(test, 'input')
  const convolution = gradientConvolution({ ...test, label: test.name, padding })
  return convolution !== undefined && winogradFits(convolution, outputs)
}

/** A graph of one such op, its inputs and parameters. */
function graphOf(test: Conv2dBackwardCase, batchNorm: boolean) {
  const operands = conv2dBackwardOf(test, 'input')
  const { weight, padding, outputGradient, input } = operands
  const gradient: Tensor = { name: 'gradient', shape: outputGradient.shape, dtype: 'f32' }
  const [channels] = weight.shape
  const statistics = batchNorm ? randomStatistics(channels, test.seed + 8, 1e-3) : undefined
  const vector = (name: string) => ({ name, shape: [channels] })
  const op: Conv2dBackwardInputOp = {
    kind: 'conv2dBackwardInput',
    name: test.name,
    inputs: { gradient },
    output: { name: 'output', shape: input.shape, dtype: 'f32' },
    weight: { name: 'weight', shape: weight.shape },
    ...(statistics && {
      batchNorm: {
        gamma: vector('gamma'),
        beta: vector('beta'),
        mean: vector('mean'),
        variance: vector('variance'),
        epsilon: statistics.epsilon,
      },
    }),
    stride: test.stride,
    dilation: test.dilation,
    padding,
  }
  const graph: FusedGraph = { stage: 'fused', ops: [op], inputs: [gradient], outputs: [op.output] }
  const { gamma, variance } = statistics ?? {}
  const parameters = Object.entries({ weight: weight.data, gamma, variance }).flatMap(([name, values]) =>
    values ? [[name, Float32Array.from(values)] as const] : [],
  )
  return {
    graph,
    inputs: { gradient: Float32Array.from(outputGradient.data) },
    parameters: new Map(parameters),
    operands: statistics
      ? { ...operands, weight: foldBatchNorm({ weight, ...statistics }).weight }
      : operands,
  }
}

interface Way {
  variant?: Conv2dVariant
  withoutSubgroups?: boolean
  batchNorm?: boolean
}

/** Runs a case and compares its output. For large cases it compares a sample. */
async function expectGradient(test: Conv2dBackwardCase, { batchNorm = false, ...way }: Way): Promise<void> {
  const { graph, inputs, parameters, operands } = graphOf(test, batchNorm)
  const run = { inputs, parameters, learning: true, ...way }
  const { output } = await runGraph(await testGpu(), graph, run)
  const { shape } = operands.input
  const closeness = { shape, rtol: tolerance(9 * test.outChannels) }
  const actual = output as Float32Array
  if (!test.spotCheck) {
    expectClose(actual, conv2dBackwardInput(operands).data, closeness)
    return
  }
  const indices = sampleIndices(256, sizeOf(shape), test.seed)
  const at = (index: number) => conv2dBackwardInputAt(operands, placeOf(shape, index))
  expectClose(actual, Float64Array.from(indices, at), { ...closeness, indices })
}

describe('the gradient of a convolution’s input in a plan', () => {
  for (const outputs of [4, 3, 2] as const)
    describe(`with Winograd tiles of ${outputs}`, () => {
      before(needsSubgroups)
      // Values that are not finite spread over their tile.
      for (const test of cases.filter(test => !test.plant && fits(test, outputs)))
        it(caseTitle(test), () => expectGradient(test, { variant: `winograd_${outputs}` }))
    })

  const atrous = cases.find(({ name }) => name === 'dilation 24 on 9×9: only the centre tap')!
  for (const variant of [undefined, ...conv2dVariants])
    it(`with batch norm folded into the weight${variant ? `, with ${variant}` : ''}`, () =>
      expectGradient(atrous, { variant, batchNorm: true }))

  describe('of a 1×1 convolution with whole vectors of channels', () => {
    const matrices = ['resnet50.layer2.0.downsample 1×1/2 on 33×33', 'mobilenet_v2.project 144 → 24 on 33×33']
    for (const test of cases.filter(({ name }) => matrices.includes(name)))
      for (const variant of [undefined, 'conv2d', 'conv2d_tiled'] as const)
        it(`reads the weight in its own layout: ${test.name}, ${variant ?? 'as chosen'}`, async () => {
          const { limits } = await testGpu()
          const target = targetOf({ limits, variant, learning: true })
          const folded = (batchNorm: boolean) =>
            planOptimised(graphOf(test, batchNorm).graph, target, { ops: trainingOps }).folded
          expect(folded(false)).to.deep.equal([])
          expect(folded(true)).to.have.lengthOf(1)
          await expectGradient(test, { variant, withoutSubgroups: variant !== undefined })
        })
  })

  for (const name of ['stride 3, dilation 2, even map', 'padding wider than the kernel'])
    it(`that is not a convolution: ${name}`, () =>
      expectGradient(cases.find(test => test.name === name)!, {}))
})
