import { winogradWeight } from '../../src/kernels/winograd/winograd_weight.ts'
import type { Weight } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { packTransposed } from '../reference/pack_transposed.ts'
import { matrices, type Outputs, winogradWeight as reference } from '../reference/winograd.ts'
import { type Expected, floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { inputChannelsOf, paddedVector } from '../support/pack_weight.ts'
import { packedRows } from '../support/winograd_layout.ts'
import { randomStatistics } from './batch_norm.ts'
import { conv2dOf } from './conv2d.ts'
import { cases, casesWithAnswer, gainOf, type WinogradCase } from './shared/winograd.ts'

/** What is folded into a weight, and which of two convolutions it is for. Default: for the layer's own. */
interface WeightOf {
  batchNorm?: boolean
  ofGradient?: boolean
  inputChannels?: { from: number; to: number }
}

function weightRun(
  test: WinogradCase,
  { batchNorm = false, ofGradient = false, inputChannels }: WeightOf = {},
): KernelRun {
  const { weight, bias } = conv2dOf(test)
  const { outputs, outChannels } = test
  const given = ofGradient || test.bias !== 'channel' ? undefined : bias
  const statistics = batchNorm ? randomStatistics(outChannels, test.seed + 8, 1e-3) : undefined
  const kernel = winogradWeight({
    label: test.name,
    weight: weight.shape,
    outputs,
    ofGradient,
    inputChannels,
    epsilon: statistics?.epsilon,
    bias: given !== undefined,
  })
  const { gamma, beta, mean, variance } = statistics ?? {}
  const vectorsRead = { gamma, variance, ...(!ofGradient && { beta, mean }), bias: given }
  const data = Object.entries({ weight: weight.data, ...vectorsRead }).flatMap(([name, values]) =>
    values ? [[name, Float32Array.from(values)] as const] : [],
  )
  const folded = statistics
    ? foldBatchNorm({ weight, bias: given, ...statistics })
    : { weight, bias: given ?? new Float64Array(outChannels) }
  const taken = inputChannels ? inputChannelsOf(folded.weight, inputChannels) : folded.weight
  const expectedBias = ofGradient ? new Float64Array(test.input[3]) : folded.bias
  return {
    kernel,
    data: Object.fromEntries(data),
    expected: {
      packed: weightAtPoints(ofGradient ? packTransposed(taken) : taken, outputs),
      packed_bias: floats(() => paddedVector(expectedBias), { rtol: tolerance(1) }),
    },
  }
}

function weightAtPoints(weight: Weight, outputs: Outputs): Expected {
  const [outChannels, inChannels] = weight.shape
  const matrix = matrices[outputs].weight
  const largest = weight.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const packed = () =>
    packedRows(reference(weight, outputs), { points: matrix.length ** 2, inChannels, outChannels })
  return floats(packed, { atol: 2e-7 * gainOf(matrix) * largest, rtol: tolerance(1) })
}

const base = cases.find(({ name }) => name.startsWith('batch 3, 5 → 21 channels'))!
const eachSize = ([2, 3, 4] as const).map(outputs => ({
  ...base,
  outputs,
  name: `5 → 21 channels, tiles of ${outputs}`,
}))
const small = casesWithAnswer(2).filter(({ bench }) => !bench)
const answerOf = (outputs: Outputs) => cases.filter(test => test.answer && test.outputs === outputs)

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_weight',
  cases,
  run: test => weightRun(test),
  variants: {
    'of the gradient': {
      cases: casesWithAnswer(2),
      run: test => weightRun(test, { ofGradient: true }),
    },
    'with batch norm folded in': {
      cases: [...eachSize, ...small],
      run: test => weightRun(test, { batchNorm: true }),
    },
    'of the gradient, with batch norm folded in': {
      cases: [...eachSize, ...answerOf(3)],
      run: test => weightRun(test, { batchNorm: true, ofGradient: true }),
    },
    'of some input channels': {
      cases: [base, ...answerOf(2)],
      run: test => weightRun(test, { inputChannels: { from: 1, to: 4 } }),
    },
  },
}
