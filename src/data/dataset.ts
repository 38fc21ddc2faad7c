import type { Image } from './image.ts'

/** The label of pixels that are neither scored nor learned: in PASCAL VOC, borders and difficult objects. */
export const IGNORE_INDEX = 255

/** A label where a class has been removed: its pixels have none, and the ids above it become smaller by one. */
export function labelWithout(label: number, removed: number): number {
  if (label === removed) return IGNORE_INDEX
  return label > removed && label !== IGNORE_INDEX ? label - 1 : label
}

/** A class id for each pixel, or IGNORE_INDEX; row by row from the top: height · width bytes. */
export interface Labels {
  mask: Uint8Array
  width: number
  height: number
}

/** A photo and its labels. The labels have `image.originalWidth` × `image.originalHeight` pixels. */
export interface LabelledImage extends Labels {
  id: string
  image: Image
}

/**
 * Photos without labels, by index from 0 to `size` − 1, at least one. `openPhotos` makes them of a folder; a Dataset is one, too. `read`
 * is called on the thread that made it, several calls at a time.
 */
export interface Photos {
  /** For messages. */
  readonly name: string
  readonly size: number
  /** A name for each photo, unique among them. */
  readonly ids: readonly string[]
  /** A photo, the same at each call. Throws a UserError if it is missing or damaged; training can skip such a photo. */
  read(index: number): Promise<{ image: Image }>
}

/**
 * Labelled photos, by index from 0 to `size` − 1, at least one. `openDataset` makes a dataset of files. Your own dataset may
 * take its photos from anywhere. Its methods are called on the thread that made it, several calls at a time.
 */
export interface Dataset {
  /** For messages: `voc:camvid, split val`. */
  readonly name: string
  /** By class id: 2 to 255 different names. */
  readonly classNames: readonly string[]
  readonly size: number
  /** A name for each image, unique within the dataset. */
  readonly ids: readonly string[]
  /**
   * A photo and its labels, the same at each call. Throws a UserError if they are missing, damaged or of different sizes;
   * training and evaluation can skip such an image. Any other error ends them. Class ids need not be checked.
   */
  read(index: number): Promise<LabelledImage>
  /** The labels alone, which may be quicker. The photo need not be sound. Throws as `read` does. */
  readLabels(index: number): Promise<Labels>
}
