import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface SliceChannelsOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  /** Which channels to take: `channels` of them, from `offset` on. */
  slice: { offset: number; channels: number }
}

/** Channels offset … offset + channels: [n, h, w, c] → [n, h, w, channels]. What `concat` put together, taken apart. */
export function sliceChannels({ label, input, slice }: SliceChannelsOptions): Kernel {
  const [n, h, w, channels] = input
  const outPitch = vectors(slice.channels) * 4
  const outputBytes = activationBytes([n, h, w, slice.channels])
  return {
    label,
    shader: 'slice_channels',
    params: {
      pixels: n * h * w,
      channels: slice.channels,
      in_pitch: vectors(channels) * 4,
      out_pitch: outPitch,
      offset: slice.offset,
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: outputBytes },
    workgroups: Math.ceil((n * h * w * outPitch) / 64),
    traffic: 2 * outputBytes,
  }
}
