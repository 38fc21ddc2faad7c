import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { paddingParams, type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { rowStrips } from '../row_strips.ts'

export interface MaxPoolOptions extends Omit<Window, 'dilation'> {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** Whether a hardware GPU computes it: see `rowStrips`. Default: a CPU adapter. */
  onGpu?: boolean
}

/** The maximum over a window: [n, h, w, c] → [n, h', w', c]. As in PyTorch, padding does not count and NaN wins. */
export function maxPool(options: MaxPoolOptions): Kernel {
  const { label, input, kernel, stride, padding, onGpu } = options
  if (
    Math.max(padding.top, padding.bottom) >= kernel[0] ||
    Math.max(padding.left, padding.right) >= kernel[1]
  )
    throw new Error(`${label}: each window of a max pool has to have a pixel inside the map`)
  const [n, inH, inW, channels] = input
  const out = windowedSize({ h: inH, w: inW }, { ...options, dilation: 1 })
  const rowInvocations = n * out.w * vectors(channels)
  const { strips, stripRows } = rowStrips({ rows: out.h, step: 1, invocations: rowInvocations, onGpu })
  const count = strips * rowInvocations
  return {
    label,
    shader: shaders.max_pool,
    constants: { STRIDE: stride, K_H: kernel[0], K_W: kernel[1] },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: out.h,
      out_w: out.w,
      vectors: vectors(channels),
      count,
      strips,
      strip_rows: stripRows,
      ...paddingParams(padding),
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, out.h, out.w, channels]) },
    workgroups: workgroupsFor(shaders.max_pool, count),
  }
}
