import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

export interface SliceChannelsOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** The channels to take: `channels` of them, from `offset` on. */
  slice: { offset: number; channels: number }
}

/** Channels offset … offset + channels − 1: [n, h, w, c] → [n, h, w, channels]. This undoes `concat`. */
export function sliceChannels({ label, input, slice }: SliceChannelsOptions): Kernel {
  const [n, h, w, channels] = input
  const outputBytes = activationBytes([n, h, w, slice.channels])
  const { params, workgroups } = alongChannels(shaders.slice_channels, [n, h, w, slice.channels])
  return {
    label,
    shader: shaders.slice_channels,
    params: { ...params, in_pitch: vectors(channels) * 4, offset: slice.offset },
    inputs: { input: activationBytes(input) },
    outputs: { output: outputBytes },
    workgroups,
    traffic: { input: outputBytes },
  }
}
