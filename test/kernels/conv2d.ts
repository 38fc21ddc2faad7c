import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Conv2dTile, conv2d } from '../../src/kernels/conv2d.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import { type Conv2dCase, conv2dOf } from '../cases/conv2d.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { type Conv2d, conv2dAt, conv2dShape, conv2d as reference } from '../reference/conv2d.ts'
import { sampleIndices } from '../reference/random.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { packWeight } from '../support/pack_weight.ts'

export interface Conv2dRunOptions {
  tile?: Conv2dTile
  slice?: { offset: number; channels: number }
}

export async function conv2dRun(
  test: Conv2dCase,
  gpu: Gpu,
  options: Conv2dRunOptions = {},
): Promise<KernelRun> {
  const operands = conv2dOf(test)
  const { input, weight, padding, bias, imageBias, residual } = operands
  const { name: label, outChannels, kernel, stride, dilation, activation } = test
  const packed = await packWeight(gpu, { weight, bias })
  const biasShape = [input.shape[0], 1, 1, outChannels] as const
  return {
    kernel: conv2d({
      label,
      input: input.shape,
      outChannels,
      kernel,
      stride,
      dilation,
      padding,
      biasPerImage: test.bias === 'image',
      residual: test.residual,
      activation,
      ...options,
    }),
    data: {
      input: toGpu(input),
      weight: packed.weight,
      bias: imageBias ? toGpu({ shape: biasShape, data: imageBias }) : packed.bias,
      ...(residual && { residual: toGpu(residual) }),
    },
    check: ({ output }) => expectConvolved(test, operands, denseOutput(test, operands, output)),
  }
}

function denseOutput({ plant }: Conv2dCase, operands: Conv2d, output: Uint8Array<ArrayBuffer>) {
  const shape = conv2dShape(operands)
  // Padding lanes have weights of 0: where the input is not finite, they are NaN.
  return plant ? unpadChannels(new Float32Array(output.buffer), shape) : fromGpu(output, shape)
}

/** Compares the whole dense output, or of a heavy case a sample. */
export function expectConvolved(test: Conv2dCase, operands: Conv2d, actual: Float32Array): void {
  const shape = conv2dShape(operands)
  const [, inChannels, kernelH, kernelW] = operands.weight.shape
  const rtol = tolerance(inChannels * kernelH * kernelW)
  if (!test.spotCheck) {
    expectClose(actual, reference(operands).data, { shape, rtol })
    return
  }
  const indices = sampleIndices(256, sizeOf(shape), test.seed)
  const expected = Float64Array.from(indices, index => conv2dAt(operands, placeOf(shape, index)))
  expectClose(actual, expected, { shape, rtol, indices })
}
