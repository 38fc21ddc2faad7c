// Photos without labels, as a dataset in which every pixel of a photo has the class 0.

import type { Dataset, LabelledImage, Photos } from './dataset.ts'

/** Readings without the size of a photo become errors where labels are checked. */
export function withoutLabels(photos: Photos, classNames: readonly string[]): Dataset {
  const { name, size, ids } = photos
  const read = async (index: number): Promise<LabelledImage> => {
    const { image } = await photos.read(index)
    const [width, height] = [image.originalWidth, image.originalHeight]
    return { id: ids[index], image, mask: new Uint8Array(width * height), width, height }
  }
  return { name, classNames, size, ids, read, readLabels: read }
}
