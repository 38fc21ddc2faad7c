// The known answers of the gradients of convolution, for make_known_answers.ts.

import type { KnownAnswer } from '../../src/cli/doctor/kernel_check.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { biasGradientOf } from '../cases/bias_gradient.ts'
import { conv2dBackwardOf } from '../cases/conv2d_backward.ts'
import { depthwiseConv2dBackwardOf } from '../cases/depthwise_conv2d_backward.ts'
import type { Weight } from '../reference/array4.ts'
import { biasGradient } from '../reference/bias_gradient.ts'
import { conv2dBackwardInput } from '../reference/conv2d_backward_input.ts'
import { conv2dBackwardWeight } from '../reference/conv2d_backward_weight.ts'
import { depthwiseConv2dBackwardInput } from '../reference/depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight } from '../reference/depthwise_conv2d_backward_weight.ts'
import { packTransposed } from '../reference/pack_transposed.ts'
import { randomValues } from '../reference/random.ts'
import { padding } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import { packWeight } from '../support/pack_weight.ts'
import { addPartials, partialOf } from '../support/partial_sums.ts'
import { base64 } from './base64.ts'

const input = [2, 6, 5, 5] as const
const window = { kernel: [3, 3], stride: 2, dilation: 1, padding: padding(1) } as const
const dense = { input, outChannels: 9, ...window }
const depthwise = { input, ...window }
/** Of the output: n · h · w. */
const PIXELS = 2 * 3 * 3
const test = { name: '', seed: 1 }

export async function conv2dBackwardAnswers(gpu: Gpu): Promise<KnownAnswer[]> {
  const conv = conv2dBackwardOf({ ...test, ...dense }, 'input')
  const byChannel = depthwiseConv2dBackwardOf({ ...test, ...depthwise }, 'input')
  const transposed = await packed(gpu, packTransposed(conv.weight))
  const gradient = base64(toGpu(conv.outputGradient))
  const gradientByChannel = base64(toGpu(byChannel.outputGradient))
  const x = base64(toGpu(conv.input))
  return [
    floats('pack_transposed', {
      options: { weight: conv.weight.shape },
      inputs: { weight: base64(conv.weight.data) },
      outputs: { packed: transposed },
      fanIn: 1,
    }),
    {
      shaders: ['conv2d_backward_input', 'conv2d_backward_input_subgroup'],
      type: 'f32',
      options: dense,
      inputs: { input: gradient, weight: transposed },
      outputs: { output: base64(toGpu(conv2dBackwardInput(conv))) },
      fanIn: 9 * 3 * 3,
    },
    // So few pixels make one partial.
    {
      shaders: ['conv2d_backward_weight', 'conv2d_backward_weight_subgroup'],
      type: 'f32',
      options: dense,
      inputs: { input: x, output_gradient: gradient },
      outputs: { partials: base64(partialOf(conv2dBackwardWeight(conv))) },
      fanIn: PIXELS,
    },
    reduceWeightAnswer(),
    biasGradientAnswer(),
    floats('depthwise_conv2d_backward_input', {
      options: depthwise,
      inputs: { output_gradient: gradientByChannel, weight: await packed(gpu, byChannel.weight, true) },
      outputs: { input_gradient: base64(toGpu(depthwiseConv2dBackwardInput(byChannel))) },
      fanIn: 3 * 3,
    }),
    floats('depthwise_conv2d_backward_weight', {
      options: depthwise,
      inputs: { input: x, output_gradient: gradientByChannel },
      outputs: { partials: base64(partialOf(depthwiseConv2dBackwardWeight(byChannel), true)) },
      fanIn: PIXELS,
    }),
  ]
}

function reduceWeightAnswer(): KnownAnswer {
  const options = { weight: [5, 3, 1, 3], depthwise: false, splits: 3 } as const
  const partials = Float32Array.from(randomValues(3 * 3 * 4 * 8, test.seed))
  const sums = addPartials(new Uint8Array(partials.buffer), options.weight, options)
  return floats('conv2d_reduce_weight', {
    options,
    inputs: { partials: base64(partials) },
    outputs: { weight_gradient: base64(sums) },
    fanIn: 3,
  })
}

function biasGradientAnswer(): KnownAnswer {
  const shape = [2, 7, 8, 5] as const
  const outputGradient = biasGradientOf({ ...test, shape })
  return floats('bias_gradient', {
    options: { shape },
    inputs: { output_gradient: base64(toGpu(outputGradient)) },
    // So few pixels make one partial, with three zeros for the channels that pad it.
    outputs: { partials: base64(Float64Array.of(...biasGradient(outputGradient), 0, 0, 0)) },
    fanIn: 2 * 7 * 8,
  })
}

const packed = async (gpu: Gpu, weight: Weight, depthwise = false) =>
  base64((await packWeight(gpu, { weight, depthwise })).weight)

const floats = (shader: ShaderName, answer: Omit<KnownAnswer, 'shaders' | 'type'>): KnownAnswer => ({
  shaders: [shader],
  ...answer,
  type: 'f32',
})
