import type { Image } from './image.ts'

/** The label of pixels that are not to be scored or learned: PASCAL VOC's borders and difficult objects. */
export const IGNORE_INDEX = 255

/** Class ids per pixel, IGNORE_INDEX where there is none; row by row from the top: height · width bytes. */
export interface Labels {
  mask: Uint8Array
  width: number
  height: number
}

/** A photo and its labels, of one size: that of the labels is `image.originalWidth` × `image.originalHeight`. */
export interface LabelledImage extends Labels {
  id: string
  image: Image
}

/**
 * Labelled photos, by index from 0 to `size` − 1; never none. `openDataset` makes one of files; one of your own may take its
 * photos from anywhere. Its methods are called on the thread that made it, several at a time.
 */
export interface Dataset {
  /** For messages: `voc:camvid, split val`. */
  readonly name: string
  /** By class id; 2 to 255 names, no two the same. */
  readonly classNames: readonly string[]
  readonly size: number
  /** A name for each image, unique within the dataset. */
  readonly ids: readonly string[]
  /**
   * A photo and its labels, the same ones at each call. Throws a UserError where they are missing, damaged or of different
   * sizes: such an image can be skipped. Any other error ends what is under way. Class ids need not be checked.
   */
  read(index: number): Promise<LabelledImage>
  /** The labels alone, where that is quicker; the photo need not decode. Throws as `read` does. */
  readLabels(index: number): Promise<Labels>
}
