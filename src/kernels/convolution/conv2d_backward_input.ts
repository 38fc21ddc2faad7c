import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { type Conv2dTile, registerTile, tileConstants, workgroupTile } from './conv2d.ts'
import type { StagedTile } from './conv2d_tiled.ts'
import { type SubgroupTile, subgroupTile } from './subgroup_tile.ts'

export interface Conv2dBackwardInputOptions extends Window {
  label: string
  /** Shape [n, h, w, c] of the convolution's input and of its gradient. */
  input: Shape
  outChannels: number
}

/**
 * The gradient of a convolution by its input, from the gradient of its output: [n, h', w', outChannels] → [n, h, w, c].
 * It takes any stride, but at stride 1 it is a convolution: see src/graph/convolution/backward_input.ts. The buffers
 * are named as in conv2d: `input` is the gradient that it reads, `output` is the gradient that it writes, and
 * `packTransposed` packs `weight`.
 */
export function conv2dBackwardInput(options: Conv2dBackwardInputOptions & { tile?: Conv2dTile }): Kernel {
  const tile = options.tile ?? registerTile(options.input[3])
  return {
    shader: shaders.conv2d_backward_input,
    constants: tileConstants(tile),
    ...inputGradient(options, workgroupTile(tile)),
  }
}

/** The part of a kernel that all kernels of the gradient share. `tile` is what one workgroup computes. */
function inputGradient(options: Conv2dBackwardInputOptions, tile: { pixels: number; vectors: number }) {
  const { label, input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const phase = { h: Math.ceil(inH / stride), w: Math.ceil(inW / stride) }
  const phasePixels = n * phase.h * phase.w
  const rowTiles = Math.ceil(phasePixels / tile.pixels)
  const columnTiles = Math.ceil(vectors(inChannels) / tile.vectors)
  const taps = kernel[0] * kernel[1]
  return {
    label,
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      out_h: out.h,
      out_w: out.w,
      out_vectors: vectors(outChannels),
      phase_h: phase.h,
      phase_w: phase.w,
      phase_pixels: phasePixels,
      row_tiles: rowTiles,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: {
      input: activationBytes([n, out.h, out.w, outChannels]),
      weight: taps * vectors(outChannels) * 4 * vectors(inChannels) * VECTOR_BYTES,
    },
    outputs: { output: activationBytes(input) },
    workgroups: rowTiles * stride * stride * columnTiles,
    macs: n * out.h * out.w * outChannels * inChannels * taps,
  }
}

/** `conv2dBackwardInput` for adapters whose subgroups all have `subgroupSize` lanes. */
export function conv2dBackwardInputSubgroup(
  options: Conv2dBackwardInputOptions & { subgroupSize: number; tile?: SubgroupTile },
): Kernel {
  const { subgroupSize, tile = subgroupTile(options.input[3]) } = options
  return {
    shader: shaders.conv2d_backward_input_subgroup,
    constants: { LANE_PIXELS: tile.pixels, LANE_VECTORS: tile.vectors, SUBGROUP_SIZE: subgroupSize },
    ...inputGradient(options, { pixels: tile.pixels * subgroupSize, vectors: tile.vectors }),
  }
}

/** `conv2dBackwardInput` for hardware GPUs. The vectors of a tile are of input channels, its depth is output channels. */
export function conv2dBackwardInputTiled(options: Conv2dBackwardInputOptions & { tile: StagedTile }): Kernel {
  const { tile } = options
  return {
    shader: shaders.conv2d_backward_input_tiled,
    constants: { ...tileConstants(tile), STEP_VECTORS: tile.depth / 4 },
    ...inputGradient(options, workgroupTile(tile)),
  }
}
