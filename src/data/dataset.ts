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

/** Labelled photos, by index from 0 to `size` − 1; never none. */
export interface Dataset {
  /** For messages: `voc:camvid, split val`. */
  readonly name: string
  /** By class id. */
  readonly classNames: readonly string[]
  readonly size: number
  /** A name for each image, unique within the dataset. */
  readonly ids: readonly string[]
  /** Throws a UserError where photo or labels are missing, damaged, or of different sizes. Class ids are not checked. */
  read(index: number): Promise<LabelledImage>
  /** The labels alone, quicker; of the photo only the header is read, for its size. Throws as `read` does. */
  readLabels(index: number): Promise<Labels>
}
