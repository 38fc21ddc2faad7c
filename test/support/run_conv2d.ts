import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Conv2dOptions, conv2d } from '../../src/kernels/conv2d.ts'
import type { Conv2d } from '../reference/conv2d.ts'
import { toGpu } from './activations.ts'
import { packWeight } from './pack_weight.ts'

/** The kernel that does a reference's convolution. */
export function conv2dKernel(operands: Conv2d, options: Pick<Conv2dOptions, 'label' | 'tile' | 'slice'>) {
  const { input, weight, stride, dilation, padding, imageBias, residual, activation = 'none' } = operands
  const [outChannels, , kernelH, kernelW] = weight.shape
  return conv2d({
    ...options,
    input: input.shape,
    outChannels,
    kernel: [kernelH, kernelW],
    stride,
    dilation,
    padding,
    biasPerImage: imageBias !== undefined,
    residual: residual !== undefined,
    activation,
  })
}

/** What that kernel reads. */
export async function conv2dData(gpu: Gpu, { input, weight, bias, imageBias, residual }: Conv2d) {
  const packed = await packWeight(gpu, { weight, bias })
  const [outChannels] = weight.shape
  const images: [number, number, number, number] = [input.shape[0], 1, 1, outChannels]
  return {
    input: toGpu(input),
    weight: packed.weight,
    bias: imageBias ? toGpu({ shape: images, data: imageBias }) : packed.bias,
    ...(residual && { residual: toGpu(residual) }),
  }
}
