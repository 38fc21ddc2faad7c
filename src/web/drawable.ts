// The things that a canvas draws, and their sizes.

import { UserError } from '../errors.ts'
import type { Size } from '../library/pixels.ts'

/** The things that a canvas draws, except SVG elements, whose size depends on the page. */
export type Drawable =
  | ImageBitmap
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | HTMLCanvasElement
  | OffscreenCanvas

/**
 * How each kind gets ready, and its size in pixels: 0 × 0 if it has none. By the names of the classes: a worker does not have all
 * of them, and objects of other windows are of other classes with these names.
 */
const SIZES: Readonly<Record<string, (source: never, name: string) => Size | Promise<Size>>> = {
  ImageBitmap: (bitmap: ImageBitmap) => bitmap,
  HTMLCanvasElement: (canvas: HTMLCanvasElement) => canvas,
  OffscreenCanvas: (canvas: OffscreenCanvas) => canvas,
  VideoFrame: ({ displayWidth: width, displayHeight: height }: VideoFrame) => ({ width, height }),
  HTMLVideoElement: (video: HTMLVideoElement, name: string) => {
    if (video.readyState < HAVE_CURRENT_DATA)
      throw new UserError(`${name}: the video has no frame yet: wait for its event loadeddata`)
    return { width: video.videoWidth, height: video.videoHeight }
  },
  HTMLImageElement: async (image: HTMLImageElement, name: string) => {
    await image.decode().catch(error => {
      throw new UserError(`${name}: the image element has no image, or a damaged one`, { cause: error })
    })
    return { width: image.naturalWidth, height: image.naturalHeight }
  },
}

const HAVE_CURRENT_DATA = 2

const kindOf = (source: object) => Object.prototype.toString.call(source).slice(8, -1)

export const isDrawable = (source: object): source is Drawable => Object.hasOwn(SIZES, kindOf(source))

/** Throws a UserError for what has no pixels: a closed bitmap or frame, an empty canvas, an image that did not load. */
export async function drawnSize(source: Drawable, name: string): Promise<Size> {
  const { width, height } = await SIZES[kindOf(source)](source as never, name)
  if (width === 0 || height === 0)
    throw new UserError(`${name}: this ${kindOf(source)} has no pixels: it is empty or closed`)
  return { width, height }
}
