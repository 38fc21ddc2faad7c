// The gradient of `maxPool` by its input. Two kernels run in turn: `maxPoolWinners` and `maxPoolBackward`.

import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import type { MaxPoolOptions } from './max_pool.ts'

/** The tap of each window's maximum: input [n, h, w, c] → winners, one byte each, for `maxPoolBackward`. */
export function maxPoolWinners(options: MaxPoolOptions): Kernel {
  const { label, input, kernel } = options
  if (kernel[0] * kernel[1] > 256)
    throw new Error(`${label}: a byte can tell 256 taps apart, but not ${kernel.join(' × ')}`)
  const count = valuesOf(pooled(options))
  return {
    label,
    shader: shaders.max_pool_winners,
    params: { count, ...shared(options) },
    inputs: { input: activationBytes(input) },
    outputs: { winners: count * 4 },
    workgroups: workgroupsFor(shaders.max_pool_winners, count),
  }
}

/** winners and output_gradient [n, h', w', c] → input_gradient [n, h, w, c]. */
export function maxPoolBackward(options: MaxPoolOptions): Kernel {
  const { label, input } = options
  const output = pooled(options)
  const count = valuesOf(input)
  return {
    label,
    shader: shaders.max_pool_backward,
    params: { count, ...shared(options) },
    inputs: { winners: valuesOf(output) * 4, output_gradient: activationBytes(output) },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.max_pool_backward, count),
  }
}

function pooled({ input: [n, h, w, channels], ...window }: MaxPoolOptions): Shape {
  const out = windowedSize({ h, w }, { ...window, dilation: 1 })
  return [n, out.h, out.w, channels]
}

/** Number of vectors of four channels. */
const valuesOf = ([n, h, w, channels]: Shape) => n * h * w * vectors(channels)

function shared(options: MaxPoolOptions) {
  const { input, kernel, stride, padding } = options
  const [, outH, outW] = pooled(options)
  return {
    in_h: input[1],
    in_w: input[2],
    out_h: outH,
    out_w: outW,
    vectors: vectors(input[3]),
    k_h: kernel[0],
    k_w: kernel[1],
    stride,
    pad_top: padding.top,
    pad_left: padding.left,
  }
}
