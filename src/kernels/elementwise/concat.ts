import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

export interface ConcatOptions {
  label: string
  /** Shape [n, h, w, c] of one of the inputs. */
  input: Shape
  /** The first channel of the result that this input becomes, and the number of channels of the result. */
  slice: { offset: number; channels: number }
}

/**
 * One input of a concatenation along the channels: [n, h, w, c] → channels offset … offset + c − 1 of [n, h, w,
 * channels].
 */
export function concat({ label, input, slice }: ConcatOptions): Kernel {
  const [n, h, w, channels] = input
  const outPitch = vectors(slice.channels) * 4
  const isLast = slice.offset + channels === slice.channels
  const copied = isLast ? outPitch - slice.offset : channels
  const { params, workgroups } = alongChannels(shaders.concat, [n, h, w, copied])
  return {
    label,
    shader: shaders.concat,
    params: {
      ...params,
      vectors: vectors(channels),
      channels,
      copied,
      out_pitch: outPitch,
      offset: slice.offset,
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, h, w, slice.channels]) },
    workgroups,
    traffic: { output: activationBytes(input) },
  }
}
