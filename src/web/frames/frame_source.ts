// The sources of a frame: pixels that the browser may have on the GPU already.

import type { Size } from '../../library/pixels.ts'
import { type Drawable, drawnSize, isDrawable } from '../drawable.ts'

/**
 * A frame: of a video, or a picture that is decoded and drawn. A texture is on the model's device, has the usage `TEXTURE_BINDING`, and
 * holds colours as numbers from 0 to 1.
 */
export type FrameSource = Exclude<Drawable, HTMLImageElement> | GPUTexture

const kindOf = (source: object) => Object.prototype.toString.call(source).slice(8, -1)

export const isFrame = (source: unknown): source is FrameSource =>
  typeof source === 'object' &&
  source !== null &&
  (isTexture(source) || (isDrawable(source) && kindOf(source) !== 'HTMLImageElement'))

export const isTexture = (source: object): source is GPUTexture => kindOf(source) === 'GPUTexture'

export const isVideo = (source: object): source is HTMLVideoElement | VideoFrame =>
  ['HTMLVideoElement', 'VideoFrame'].includes(kindOf(source))

/** Throws a UserError for what has no pixels. */
export async function frameSize(source: FrameSource, name: string): Promise<Size> {
  const { width, height } = isTexture(source) ? source : await drawnSize(source, name)
  return { width, height }
}
