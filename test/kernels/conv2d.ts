import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import type { Bytes } from '../../src/gpu/run_kernel.ts'
import { type Conv2dOptions, conv2d } from '../../src/kernels/conv2d.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import { type Conv2dCase, conv2dOf } from '../cases/conv2d.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { type Conv2d, conv2dAt, conv2dShape, conv2d as reference } from '../reference/conv2d.ts'
import { sampleIndices } from '../reference/random.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { roundToFloat16 } from '../support/float16.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { packWeight } from '../support/pack_weight.ts'

interface Slice {
  offset: number
  channels: number
}

export interface Conv2dRunOptions {
  /** What makes the kernel: `conv2d`, unless another variant is to be run. */
  variant?: (options: Conv2dOptions) => Kernel
  /** Where the result goes in a wider tensor; the rest of that may not change. */
  slice?: Slice
  /** Whether to give the variant its weight as PyTorch lays it. */
  unpacked?: boolean
  /** For a kernel that rounds input and weight to f16: they have such values, whichever way an adapter rounds others. */
  asFloat16?: boolean
}

export async function conv2dRun(
  test: Conv2dCase,
  gpu: Gpu,
  { variant = conv2d, slice, unpacked = false, asFloat16 = false }: Conv2dRunOptions = {},
): Promise<KernelRun> {
  const operands = asFloat16 ? inFloat16(conv2dOf(test)) : conv2dOf(test)
  const { input, weight, padding, bias, imageBias, residual } = operands
  const { name: label, outChannels, kernel, stride, dilation, activation } = test
  const packed = await packWeight(gpu, { weight, bias })
  const biasShape = [input.shape[0], 1, 1, outChannels] as const
  return {
    kernel: variant({
      label,
      input: input.shape,
      outChannels,
      kernel,
      stride,
      dilation,
      padding,
      bias: test.bias,
      residual: test.residual,
      activation,
      slice,
      unpacked,
    }),
    data: {
      input: toGpu(input),
      weight: unpacked ? Float32Array.from(weight.data) : packed.weight,
      bias: imageBias ? toGpu({ shape: biasShape, data: imageBias }) : packed.bias,
      ...(residual && { [test.residual === 'in place' ? 'output' : 'residual']: toGpu(residual) }),
      ...(slice && { output: ramp(operands, slice) }),
    },
    check: ({ output }) => {
      const dense = slice ? takeSlice(output, operands, slice) : denseOutput(test, operands, output)
      expectConvolved(test, operands, dense)
    },
  }
}

const inFloat16 = ({ input, weight, ...others }: Conv2d): Conv2d => ({
  ...others,
  input: { ...input, data: roundToFloat16(input.data) },
  weight: { ...weight, data: roundToFloat16(weight.data) },
})

function denseOutput({ plant }: Conv2dCase, operands: Conv2d, output: Bytes) {
  const shape = conv2dShape(operands)
  // Padding lanes have weights of 0: where the input is not finite, they are NaN.
  return plant ? unpadChannels(new Float32Array(output.buffer), shape) : fromGpu(output, shape)
}

/** 0, 1, 2 …: what the wider tensor of a slice holds before. */
function ramp(operands: Conv2d, { channels }: Slice): Float32Array {
  const [n, h, w] = conv2dShape(operands)
  return Float32Array.from({ length: n * h * w * channels }, (_, index) => index)
}

/** The slice's channels, after a check that the others are still as `ramp` made them. */
function takeSlice(output: Bytes, operands: Conv2d, { offset, channels }: Slice): Float32Array {
  const wide = new Float32Array(output.buffer)
  const end = offset + operands.weight.shape[0]
  const isOurs = (index: number) => index % channels >= offset && index % channels < end
  const changed = wide.findIndex((value, index) => !isOurs(index) && value !== index)
  expect(changed, 'a value beside the slice that changed').to.equal(-1)
  return wide.filter((_, index) => isOurs(index))
}

/** Compares the whole dense output, or of a heavy case a sample. */
function expectConvolved(test: Conv2dCase, operands: Conv2d, actual: Float32Array): void {
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
