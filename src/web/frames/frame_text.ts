// The text of the shader that reads a frame, for the type that the frame has.

import { frame_pixels } from '../shaders.gen.ts'

export type FrameType = 'texture_2d<f32>' | 'texture_external'

export const frameText = (type: FrameType): string =>
  frame_pixels.wgsl.replace(/^alias Frame = .*;$/m, `alias Frame = ${type};`)
