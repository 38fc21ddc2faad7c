import type { Kernel } from '../gpu/kernel.ts'
import { type Activation, activationRange } from './activation.ts'
import { type Window, windowedSize } from './geometry.ts'
import { activationBytes, type Precision, type Shape, VECTOR_BYTES, vectors } from './layout.ts'

export interface Conv2dOptions extends Window {
  label: string
  /** [n, h, w, c] */
  input: Shape
  outChannels: number
  /** Whether `bias` is [outChannels], which is the default, or [n, outChannels], or nothing at all. */
  bias?: 'channel' | 'image' | 'none'
  /** Whether `weight` is a 1×1 one as PyTorch lays it, [outChannels, c] of whole vectors: only for kernels that `readUnpacked`. */
  unpacked?: boolean
  /** Whether something of the output's shape is added before the activation: `residual`, or what `output` holds before. */
  residual?: boolean | 'in place'
  activation: Activation
  /** Of what it reads and writes, on which depends which variant is fastest; kernels themselves are made for fp32. Default: fp32. */
  precision?: Precision
  /** Where the result goes in a wider tensor of `channels` channels, from `offset` (a multiple of 4) on. */
  slice?: { offset: number; channels: number }
}

/** What one invocation computes (pixels × vectors of four channels) and how many share a workgroup. */
export interface Conv2dTile {
  pixels: number
  vectors: number
  lanesX: number
  lanesY: number
}

/** act(conv(input, weight) + bias + residual): [n, h, w, c] → [n, h', w', outChannels]. Weight and bias as `foldBatchNorm` lays them. */
export function conv2d(options: Conv2dOptions & { tile?: Conv2dTile }): Kernel {
  const tile = options.tile ?? registerTile(options.outChannels)
  const { lanesX, lanesY } = tile
  return {
    shader: 'conv2d',
    consts: { TILE_PIXELS: tile.pixels, TILE_VECTORS: tile.vectors },
    constants: { LANES_X: lanesX, LANES_Y: lanesY },
    ...implicitGemm(options, { pixels: tile.pixels * lanesY, vectors: tile.vectors * lanesX }),
  }
}

/** What all variants of the convolution share; `tile` is what one workgroup computes. */
export function implicitGemm(options: Conv2dOptions, tile: { pixels: number; vectors: number }) {
  const { label, input, outChannels, kernel, stride, activation } = options
  const { bias, residual = false, slice = { offset: 0, channels: outChannels } } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const pixels = n * out.h * out.w
  const outVectors = vectors(outChannels)
  const rowTiles = Math.ceil(pixels / tile.pixels)
  const outputBytes = activationBytes([n, out.h, out.w, slice.channels])
  const taps = kernel[0] * kernel[1]
  return {
    label,
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      out_h: out.h,
      out_w: out.w,
      out_vectors: outVectors,
      out_pitch: vectors(slice.channels),
      out_offset: slice.offset / 4,
      pixels,
      row_tiles: rowTiles,
      stride,
      ...windowParams(options),
      ...biasParams(bias, outVectors),
      ...residualParams(residual),
      ...activationRange(activation),
    },
    inputs: {
      input: activationBytes(input),
      weight: taps * vectors(inChannels) * 4 * outVectors * VECTOR_BYTES,
      bias: biasBytes(bias, [n, outVectors]),
      residual: residual === true ? outputBytes : 0,
    },
    outputs: { output: outputBytes },
    workgroups: rowTiles * Math.ceil(outVectors / tile.vectors),
    macs: pixels * outChannels * inChannels * taps,
    traffic: outputTraffic(activationBytes([n, out.h, out.w, outChannels]), residual),
  }
}

/** What shaders are told of a window, but for its stride. */
export const windowParams = ({ kernel, dilation, padding }: Window) => ({
  k_h: kernel[0],
  k_w: kernel[1],
  dilation,
  pad_top: padding.top,
  pad_left: padding.left,
})

/** What shaders are told of the bias. */
export const biasParams = (bias: Conv2dOptions['bias'], outVectors: number) => ({
  has_bias: Number(bias !== 'none'),
  bias_pitch: bias === 'image' ? outVectors : 0,
})

export const biasBytes = (bias: Conv2dOptions['bias'], [n, outVectors]: [n: number, outVectors: number]) =>
  bias === 'none' ? 0 : (bias === 'image' ? n : 1) * outVectors * VECTOR_BYTES

/** What shaders are told of the residual. */
export const residualParams = (residual: Conv2dOptions['residual']) => ({
  has_residual: Number(residual === true),
  in_place: Number(residual === 'in place'),
})

/** Of `written` bytes of output, which is what an op also reads of its residual. */
export const outputTraffic = (written: number, residual: Conv2dOptions['residual']): Kernel['traffic'] =>
  residual === true ? { output: written, residual: written } : { output: residual ? 2 * written : written }

/** 8 pixels × up to 16 channels, with as many lanes along the channels as there is use for. */
export function registerTile(channels: number): Conv2dTile {
  const width = vectors(channels)
  const lanesX = width > 16 ? 8 : width > 8 ? 4 : width > 4 ? 2 : 1
  return { pixels: 8, vectors: Math.min(4, width), lanesX, lanesY: 32 / lanesX }
}
