// Convolutions whose weights are larger than the GPU binds at once, such as FCN's fc6 (411 MB). Each becomes several, of some of the
// output channels. Inference and training cut alike, and the parameter arena has the same parts.

import { cutParameter, parameterRows } from '../ir/parameter_rows.ts'
import type { Parameter, Tensor } from '../ir/tensor.ts'
import {
  type Conv2dBackwardInputOp,
  type Conv2dBackwardWeightOp,
  type FusedConv2dOp,
  gradientConvolutionOf,
} from '../ops/conv2d.ts'
import type { FusedOp } from '../ops/index.ts'
import { parameterGradient } from '../ops/tape.ts'
import type { PlanLimits } from './limits.ts'

/** The op itself, or the ops that compute the same from parts of its weight. What cannot be cut stays whole. */
export function cutWeight(op: FusedOp, limits: PlanLimits): FusedOp[] {
  switch (op.kind) {
    case 'conv2d':
      return forward(op, partsOfWeight(op, limits))
    case 'conv2dBackwardInput':
      return backwardInput(op, partsOfWeight(op, limits))
    case 'conv2dBackwardWeight':
      return backwardWeight(op, partsOfWeight(op, limits))
    default:
      return [op]
  }
}

interface Part {
  weight: Parameter
  from: number
  count: number
}

type Cuttable = FusedConv2dOp | Conv2dBackwardInputOp | Conv2dBackwardWeightOp

function partsOfWeight({ weight, batchNorm }: Cuttable, limits: PlanLimits): Part[] {
  const weights = batchNorm ? [weight] : cutParameter(weight, limits)
  return weights.map(part => ({ weight: part, from: part.rows?.from ?? 0, count: part.shape[0] }))
}

/** Each part writes its own channels of the output. */
function forward(op: FusedConv2dOp, parts: Part[]): FusedOp[] {
  const { residual, imageBias } = op.inputs
  if (parts.length === 1 || residual || imageBias) return [op]
  return parts.map(({ weight, from, count }) => ({
    ...op,
    name: `${op.name} ${channelsText(from, count)}`,
    weight,
    bias: op.bias && parameterRows(op.bias, { from, count }),
    outputOffset: (op.outputOffset ?? 0) + from,
  }))
}

/** Each part adds to what the one before it wrote. */
function backwardInput(op: Conv2dBackwardInputOp, parts: Part[]): FusedOp[] {
  if (parts.length === 1 || !gradientConvolutionOf(op)) return [op]
  return parts.flatMap(({ weight, from, count }, i): FusedOp[] => {
    const name = `${op.name} ${channelsText(from, count)}`
    const slice = sliceOf(op.inputs.gradient, { from, count }, name)
    const adding = i === 0 ? {} : { residual: op.output }
    const inputs = { ...op.inputs, ...adding, gradient: slice.output }
    return [slice, { ...op, name, weight, inputs, inPlace: i > 0 || op.inPlace }]
  })
}

function backwardWeight(op: Conv2dBackwardWeightOp, parts: Part[]): FusedOp[] {
  if (parts.length === 1) return [op]
  return parts.flatMap(({ weight, from, count }): FusedOp[] => {
    const output = parameterGradient(weight)
    const slice = sliceOf(op.inputs.gradient, { from, count }, output.name)
    const inputs = { ...op.inputs, gradient: slice.output }
    return [slice, { ...op, name: output.name, weight, inputs, output }]
  })
}

function sliceOf(input: Tensor, { from, count }: { from: number; count: number }, reader: string): FusedOp {
  const [n, h, w] = input.shape
  const name = `${input.name} for ${reader}`
  const output: Tensor = { name, shape: [n, h, w, count], dtype: input.dtype }
  return { kind: 'sliceChannels', name, inputs: { input }, offset: from, output }
}

const channelsText = (from: number, count: number) => `channels ${from}…${from + count - 1}`
