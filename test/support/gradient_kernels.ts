// The one kernel of a gradient as a device gets it, where no tiles are chosen.

import type { Kernel } from '../../src/gpu/kernel.ts'
import { inputGradientByPhases } from '../../src/graph/convolution/backward_input.ts'
import { chooseStrategy } from '../../src/graph/convolution/choose.ts'
import { gradientConvolution } from '../../src/graph/convolution/gradient_convolution.ts'
import type { Device } from '../../src/graph/convolution/target.ts'
import { conv2d } from '../../src/kernels/convolution/conv2d.ts'
import type { Conv2dBackwardInputOptions } from '../../src/kernels/convolution/conv2d_backward_input.ts'
import { conv2dSubgroup } from '../../src/kernels/convolution/conv2d_subgroup.ts'
import { conv2dTiled } from '../../src/kernels/convolution/conv2d_tiled.ts'

/** The gradient of the input. All kernels for it read `input` and `weight` and write `output`. */
export function backwardInputKernel(options: Conv2dBackwardInputOptions, device: Device): Kernel {
  const convolution = gradientConvolution(options)
  if (!convolution) return inputGradientByPhases(options, { device }).kernel
  const { name } = chooseStrategy(convolution, { device, policy: { winograd: false } })
  if (name === 'conv2d_subgroup')
    return conv2dSubgroup({ ...convolution, subgroupSize: device.subgroupSize! })
  return name === 'conv2d' ? conv2d(convolution) : conv2dTiled(convolution)
}
