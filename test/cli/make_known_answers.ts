// Makes src/cli/doctor/known_answers.ts, which `atrous doctor` checks an adapter against: operands of small cases, and what the
// float64 references make of them. Run: npx tsx test/cli/make_known_answers.ts (weights are laid out on this machine's GPU).

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { KnownAnswer } from '../../src/cli/doctor/kernel_check.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { STEPS } from '../../src/kernels/multiply_add.ts'
import { classMapWords } from '../../src/kernels/upsample_argmax.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { accumulateProbabilitiesOf } from '../cases/accumulate_probabilities.ts'
import { activationOf } from '../cases/activation.ts'
import { addOf } from '../cases/add.ts'
import { batchNormOf } from '../cases/batch_norm.ts'
import { concatOf } from '../cases/concat.ts'
import { conv2dOf } from '../cases/conv2d.ts'
import { conv2dMergeOf } from '../cases/conv2d_merge.ts'
import { copyOf } from '../cases/copy.ts'
import { depthwiseConv2dOf } from '../cases/depthwise_conv2d.ts'
import { foldBatchNormOf } from '../cases/fold_batch_norm.ts'
import { globalAveragePoolOf } from '../cases/global_average_pool.ts'
import { maxPoolOf } from '../cases/max_pool.ts'
import { multiplyAddOf } from '../cases/multiply_add.ts'
import { preprocessOf } from '../cases/preprocess.ts'
import { resizeOf } from '../cases/resize.ts'
import { softmaxOf } from '../cases/softmax.ts'
import { upsampleArgmaxOf } from '../cases/upsample_argmax.ts'
import { accumulateProbabilities } from '../reference/accumulate_probabilities.ts'
import { activation } from '../reference/activation.ts'
import { add } from '../reference/add.ts'
import type { Array4, Shape4 } from '../reference/array4.ts'
import { batchNorm } from '../reference/batch_norm.ts'
import { concat } from '../reference/concat.ts'
import { type Conv2d, conv2d } from '../reference/conv2d.ts'
import { conv2dMerge } from '../reference/conv2d_merge.ts'
import { depthwiseConv2d } from '../reference/depthwise_conv2d.ts'
import { foldBatchNorm } from '../reference/fold_batch_norm.ts'
import { globalAveragePool } from '../reference/global_average_pool.ts'
import { maxPool } from '../reference/max_pool.ts'
import { multiplyAdd } from '../reference/multiply_add.ts'
import { preprocess } from '../reference/preprocess.ts'
import { resize } from '../reference/resize.ts'
import { softmax } from '../reference/softmax.ts'
import { upsampleArgmax } from '../reference/upsample_argmax.ts'
import { padding } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import { roundToFloat16 } from '../support/float16.ts'
import { packWeight } from '../support/pack_weight.ts'
import { base64 } from './base64.ts'
import { conv2dBackwardAnswers } from './conv2d_backward_answers.ts'
import { trainingAnswers } from './training_answers.ts'
import { winogradAnswers } from './winograd_answers.ts'

const SHAPE: Shape4 = [2, 3, 4, 5]
/** Of every case below: any other numbers would do as well. */
const test = { name: '', seed: 1 }

export async function makeKnownAnswers(gpu: Gpu): Promise<KnownAnswer[]> {
  return [
    await conv2dAnswer(gpu),
    await conv2dFloat16Answer(gpu),
    conv2dMergeAnswer(),
    await depthwiseConv2dAnswer(gpu),
    await foldBatchNormAnswer(gpu),
    batchNormAnswer(),
    activationAnswer(),
    addAnswer(),
    concatAnswer(),
    maxPoolAnswer(),
    globalAveragePoolAnswer(),
    preprocessAnswer(),
    resizeAnswer(),
    softmaxAnswer(),
    accumulateProbabilitiesAnswer(),
    upsampleArgmaxAnswer(),
    ...(await conv2dBackwardAnswers(gpu)),
    ...trainingAnswers(),
    copyAnswer(),
    multiplyAddAnswer(),
    ...winogradAnswers(),
  ]
}

const convolution = {
  input: [2, 6, 5, 5],
  outChannels: 9,
  kernel: [3, 3],
  stride: 2,
  dilation: 2,
  padding: padding(2),
  residual: true,
  activation: 'relu6',
} as const

async function conv2dAnswer(gpu: Gpu): Promise<KnownAnswer> {
  const operands = conv2dOf({ ...test, ...convolution, bias: 'channel' })
  return convolved(gpu, ['conv2d', 'conv2d_subgroup', 'conv2d_tiled'], operands)
}

/** Of values that f16 has, which may thus be rounded to it. */
async function conv2dFloat16Answer(gpu: Gpu): Promise<KnownAnswer> {
  const { input, weight, ...others } = conv2dOf({ ...test, ...convolution, bias: 'channel' })
  return convolved(gpu, ['conv2d_subgroup_matrix'], {
    ...others,
    input: { ...input, data: roundToFloat16(input.data) },
    weight: { ...weight, data: roundToFloat16(weight.data) },
  })
}

async function convolved(gpu: Gpu, shaders: ShaderName[], operands: Conv2d): Promise<KnownAnswer> {
  return {
    shaders,
    options: convolution,
    inputs: {
      input: base64(toGpu(operands.input)),
      ...(await weights(gpu, operands)),
      residual: base64(toGpu(operands.residual!)),
    },
    outputs: { output: base64(toGpu(conv2d(operands))) },
    type: 'f32',
    fanIn: 3 * 3 * 5,
  }
}

function conv2dMergeAnswer(): KnownAnswer {
  const shape = { input: SHAPE, outChannels: SHAPE[3], kernel: [1, 1], stride: 1, dilation: 1 } as const
  const merged = { splits: 3, residual: true, activation: 'relu6' } as const
  const operands = conv2dMergeOf({ ...test, ...merged, shape: SHAPE, bias: 'image' })
  const { partials, bias, residual } = operands
  const [n, , , c] = SHAPE
  const options = { ...shape, padding: padding(0), bias: 'image', ...merged }
  const inputs = {
    partials: base64(Float32Array.from(partials.flatMap(partial => [...toGpu(partial)]))),
    bias: base64(toGpu({ shape: [n, 1, 1, c], data: bias })),
    residual: base64(toGpu(residual!)),
  }
  return floats('conv2d_merge', options, { inputs, output: conv2dMerge(operands), fanIn: 3 })
}

async function depthwiseConv2dAnswer(gpu: Gpu): Promise<KnownAnswer> {
  const shape = { input: [2, 6, 5, 5], kernel: [3, 3], stride: 1, dilation: 2 } as const
  const options = { ...shape, padding: padding(2), residual: true, activation: 'relu6' } as const
  const operands = depthwiseConv2dOf({ ...test, ...options, bias: true })
  return {
    shaders: ['depthwise_conv2d'],
    options,
    inputs: {
      input: base64(toGpu(operands.input)),
      ...(await weights(gpu, { ...operands, depthwise: true })),
      residual: base64(toGpu(operands.residual!)),
    },
    outputs: { output: base64(toGpu(depthwiseConv2d(operands))) },
    type: 'f32',
    fanIn: 3 * 3,
  }
}

async function foldBatchNormAnswer(gpu: Gpu): Promise<KnownAnswer> {
  const options = { weight: [6, 3, 3, 3], bias: true, epsilon: 1e-3 } as const
  const fold = foldBatchNormOf({ ...test, ...options })
  const { weight: packed, bias: packed_bias } = await weights(gpu, foldBatchNorm(fold))
  return {
    shaders: ['fold_batch_norm'],
    options: { ...options, depthwise: false },
    inputs: { weight: base64(fold.weight.data), bias: base64(fold.bias!), ...statistics(fold) },
    outputs: { packed, packed_bias },
    type: 'f32',
    fanIn: 1,
  }
}

function batchNormAnswer(): KnownAnswer {
  const options = { input: SHAPE, epsilon: 1e-3, activation: 'relu' } as const
  const operands = batchNormOf({ ...test, ...options })
  const inputs = { input: base64(toGpu(operands.input)), ...statistics(operands) }
  return floats('batch_norm', options, { inputs, output: batchNorm(operands), fanIn: 1 })
}

function activationAnswer(): KnownAnswer {
  const input = activationOf({ ...test, input: SHAPE, kind: 'relu6' })
  const inputs = { input: base64(toGpu(input)) }
  const output = activation(input, 'relu6')
  return floats('activation', { shape: SHAPE, activation: 'relu6' }, { inputs, output, fanIn: 1 })
}

function addAnswer(): KnownAnswer {
  const options = { shape: SHAPE, activation: 'relu' } as const
  const operands = addOf({ ...test, ...options })
  const inputs = { a: base64(toGpu(operands.a)), b: base64(toGpu(operands.b)) }
  return floats('add', options, { inputs, output: add(operands), fanIn: 1 })
}

/** The second of two tensors, put beside the first. */
function concatAnswer(): KnownAnswer {
  const [first, second] = concatOf({ ...test, map: [2, 3, 2], channels: [4, 5] })
  const output = concat([first, second])
  const before = { shape: output.shape, data: output.data.map((x, i) => (i % 9 < 4 ? x : 0)) }
  const options = { input: second.shape, slice: { offset: 4, channels: 9 } }
  const inputs = { input: base64(toGpu(second)), output: base64(toGpu(before)) }
  return floats('concat', options, { inputs, output, fanIn: 1 })
}

function maxPoolAnswer(): KnownAnswer {
  const options = { input: [2, 6, 5, 5], kernel: [3, 3], stride: 2, padding: padding(1) } as const
  const operands = maxPoolOf({ ...test, ...options })
  const inputs = { input: base64(toGpu(operands.input)) }
  return floats('max_pool', options, { inputs, output: maxPool(operands), fanIn: 1 })
}

function globalAveragePoolAnswer(): KnownAnswer {
  const input = globalAveragePoolOf({ ...test, input: [2, 7, 9, 5] })
  const inputs = { input: base64(toGpu(input)) }
  return floats(
    'global_average_pool',
    { input: input.shape },
    { inputs, output: globalAveragePool(input), fanIn: 63 },
  )
}

function preprocessAnswer(): KnownAnswer {
  const view = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], flip: true } as const
  const operands = preprocessOf({ ...test, ...view, from: [11, 14], to: [7, 9] })
  const options = { input: { n: 1, h: 11, w: 14 }, height: 7, width: 9, ...view }
  const inputs = { image: base64(operands.image.data) }
  return floats('preprocess', options, { inputs, output: preprocess(operands), fanIn: 16 })
}

function resizeAnswer(): KnownAnswer {
  const options = { input: [2, 4, 3, 5], height: 7, width: 5, alignCorners: false } as const
  const operands = resizeOf({ ...test, ...options })
  const inputs = { input: base64(toGpu(operands.input)) }
  return floats('resize', options, { inputs, output: resize(operands), fanIn: 4 })
}

function softmaxAnswer(): KnownAnswer {
  const input = softmaxOf({ ...test, input: SHAPE, scale: 4 })
  const inputs = { input: base64(toGpu(input)) }
  return floats('softmax', { shape: SHAPE }, { inputs, output: softmax(input), fanIn: 5 })
}

function accumulateProbabilitiesAnswer(): KnownAnswer {
  const options = { height: 5, width: 4, alignCorners: false, flip: true, weight: 0.25 }
  const step = accumulateProbabilitiesOf({ ...test, ...options, logits: [2, 3, 2, 5] })
  return {
    shaders: ['accumulate_probabilities'],
    options: { ...options, input: step.logits.shape, first: false },
    inputs: { logits: base64(toGpu(step.logits)), accumulator: base64(toGpu(step.accumulator)) },
    outputs: { accumulator: base64(toGpu(accumulateProbabilities(step))) },
    type: 'f32',
    fanIn: 5,
  }
}

function upsampleArgmaxAnswer(): KnownAnswer {
  const options = { height: 9, width: 11, alignCorners: false }
  const operands = upsampleArgmaxOf({ ...test, ...options, logits: [1, 4, 3, 21] })
  const { classes, margin } = upsampleArgmax(operands)
  if (margin.some(by => by < 1e-3)) throw new Error('two classes are so close that float32 may choose either')
  const words = new Uint8Array(classMapWords(9, 11) * 4)
  words.set(classes)
  return {
    shaders: ['upsample_argmax'],
    options: { ...options, input: operands.input.shape },
    inputs: { logits: base64(toGpu(operands.input)) },
    outputs: { classes: base64(words) },
    type: 'u8',
    fanIn: 4,
  }
}

function copyAnswer(): KnownAnswer {
  const options = { count: 7, perInvocation: 2 }
  const data = copyOf({ ...test, ...options })
  const output: Array4 = { shape: [1, 1, 7, 4], data }
  return floats('copy', options, { inputs: { input: base64(data) }, output, fanIn: 1 })
}

function multiplyAddAnswer(): KnownAnswer {
  const options = { count: 3, rounds: 2, chains: 3, factor: -0.96, addend: 0.5 }
  const input = multiplyAddOf({ ...test, ...options })
  const output: Array4 = { shape: [1, 1, 3, 4], data: multiplyAdd({ ...options, input, steps: 2 * STEPS }) }
  return floats('multiply_add', options, { inputs: { input: base64(input) }, output, fanIn: 3 * 2 * STEPS })
}

interface Floats {
  inputs: Record<string, string>
  output: Array4
  fanIn: number
}

/** For kernels that write one tensor, `output`. */
const floats = (shader: ShaderName, options: object, { inputs, output, fanIn }: Floats): KnownAnswer => ({
  shaders: [shader],
  options,
  inputs,
  outputs: { output: base64(toGpu(output)) },
  type: 'f32',
  fanIn,
})

function statistics({
  gamma,
  beta,
  mean,
  variance,
}: Record<'gamma' | 'beta' | 'mean' | 'variance', Float64Array>) {
  return { gamma: base64(gamma), beta: base64(beta), mean: base64(mean), variance: base64(variance) }
}

async function weights(gpu: Gpu, operands: Parameters<typeof packWeight>[1]) {
  const { weight, bias } = await packWeight(gpu, operands)
  return { weight: base64(weight), bias: base64(bias) }
}

/** The module's text; its formatter leaves it alone. */
export const knownAnswersModule = (answers: KnownAnswer[]) =>
  `// Made by test/cli/make_known_answers.ts from the float64 references: do not edit.

import type { KnownAnswer } from './kernel_check.ts'

// biome-ignore format: data
export const knownAnswers: KnownAnswer[] = [
${answers.map(answer => `  ${JSON.stringify(answer)},\n`).join('')}]
`

export const knownAnswersFile = fileURLToPath(
  new URL('../../src/cli/doctor/known_answers.ts', import.meta.url),
)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const gpu = await openGpu()
  await writeFile(knownAnswersFile, knownAnswersModule(await makeKnownAnswers(gpu)))
  gpu.destroy()
}
