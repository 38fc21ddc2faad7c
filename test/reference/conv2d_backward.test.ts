import { type Array4, randomArray4, randomWeight, type Weight } from './array4.ts'
import { biasGradient } from './bias_gradient.ts'
import { type Conv2d, conv2d, conv2dShape } from './conv2d.ts'
import { type Conv2dBackward, conv2dBackwardInput } from './conv2d_backward_input.ts'
import { conv2dBackwardWeight } from './conv2d_backward_weight.ts'
import { depthwiseConv2d, depthwiseConv2dShape } from './depthwise_conv2d.ts'
import { depthwiseConv2dBackwardInput } from './depthwise_conv2d_backward_input.ts'
import { depthwiseConv2dBackwardWeight } from './depthwise_conv2d_backward_weight.ts'
import { expectGradient } from './finite_difference.ts'
import { goldenTests, vector } from './golden.ts'
import { padding } from './window.ts'

const windows = {
  'stride 1': { stride: 1, dilation: 1, padding: padding(1) },
  'stride 2, dilation 2, four different paddings': {
    stride: 2,
    dilation: 2,
    padding: { top: 0, bottom: 3, left: 1, right: 2 },
  },
  'stride 3, padding wider than the kernel': { stride: 3, dilation: 1, padding: padding(4) },
  'dilation beyond the map': { stride: 1, dilation: 6, padding: padding(6) },
}

const kinds = {
  conv2d: {
    weight: [3, 2, 3, 3] as Weight['shape'],
    forward: conv2d,
    shapeOf: conv2dShape,
    backwardInput: conv2dBackwardInput,
    backwardWeight: conv2dBackwardWeight,
  },
  depthwise_conv2d: {
    weight: [2, 1, 3, 3] as Weight['shape'],
    forward: depthwiseConv2d,
    shapeOf: depthwiseConv2dShape,
    backwardInput: depthwiseConv2dBackwardInput,
    backwardWeight: depthwiseConv2dBackwardWeight,
  },
}

for (const [op, { weight, forward, shapeOf, backwardInput, backwardWeight }] of Object.entries(kinds)) {
  describe(`the reference of ${op}'s gradients, by finite differences`, () => {
    for (const [name, window] of Object.entries(windows)) {
      const conv: Conv2d = {
        input: randomArray4([2, 5, 4, 2], 1),
        weight: randomWeight(weight, 2),
        ...window,
      }
      const outputGradient: Array4 = randomArray4(shapeOf(conv), 3)

      it(`by the input: ${name}`, () => {
        const f = (data: Float64Array) => forward({ ...conv, input: { ...conv.input, data } }).data
        const gradient = backwardInput({ ...conv, outputGradient }).data
        expectGradient({ f, x: conv.input.data, outputGradient: outputGradient.data, gradient })
      })

      it(`by the weight: ${name}`, () => {
        const f = (data: Float64Array) => forward({ ...conv, weight: { ...conv.weight, data } }).data
        const gradient = backwardWeight({ ...conv, outputGradient }).data
        expectGradient({ f, x: conv.weight.data, outputGradient: outputGradient.data, gradient })
      })

      it(`by the bias: ${name}`, () => {
        const f = (bias: Float64Array) => forward({ ...conv, bias }).data
        const x = new Float64Array(weight[0])
        expectGradient({ f, x, outputGradient: outputGradient.data, gradient: biasGradient(outputGradient) })
      })
    }
  })
}

describe("the reference of convolutions' gradients against PyTorch", () => {
  const agrees = goldenTests('conv2d_backward_golden.jsonl')
  agrees('conv2d_backward', (backward: Conv2dBackward) => ({
    input: conv2dBackwardInput(backward),
    weight: conv2dBackwardWeight(backward),
    bias: vector(biasGradient(backward.outputGradient)),
  }))
  agrees('depthwise_conv2d_backward', (backward: Conv2dBackward) => ({
    input: depthwiseConv2dBackwardInput(backward),
    weight: depthwiseConv2dBackwardWeight(backward),
    bias: vector(biasGradient(backward.outputGradient)),
  }))
})
