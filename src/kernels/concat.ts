import type { Kernel } from '../gpu/kernel.ts'
import { alongChannels } from './along_channels.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface ConcatOptions {
  label: string
  /** [n, h, w, c] of one of the inputs. */
  input: Shape
  /** Where in the result its channels go, and how many the result has. */
  slice: { offset: number; channels: number }
}

/** One input's share of a concatenation along the channels: [n, h, w, c] → channels offset … offset + c of [n, h, w, channels]. */
export function concat({ label, input, slice }: ConcatOptions): Kernel {
  const [n, h, w, channels] = input
  const outPitch = vectors(slice.channels) * 4
  const isLast = slice.offset + channels === slice.channels
  const copied = isLast ? outPitch - slice.offset : channels
  const { params, workgroups } = alongChannels([n, h, w, copied])
  return {
    label,
    shader: 'concat',
    params: {
      ...{ ...params, vectors: vectors(channels), channels },
      ...{ copied, out_pitch: outPitch, offset: slice.offset },
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, h, w, slice.channels]) },
    workgroups,
    traffic: { output: activationBytes(input) },
  }
}
