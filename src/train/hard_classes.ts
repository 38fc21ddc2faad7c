// Images with classes that are hard to learn.

/** The classes of PASCAL VOC that the paper found hard. */
export const HARD_CLASSES = ['bicycle', 'chair', 'diningtable', 'pottedplant', 'sofa'] as const

/**
 * Indices for a Sampler in which images with hard classes occur twice: bootstrapping (section 4 of DeepLabv3). `pixels` has each
 * image's number of pixels of each class, `hard` the ids of the hard classes, and `drawn` the images to draw (default: all).
 */
export function bootstrap(
  pixels: readonly (readonly number[])[],
  hard: readonly number[],
  drawn: readonly number[] = [...pixels.keys()],
): number[] {
  return drawn.flatMap(index => (hard.some(id => pixels[index][id] > 0) ? [index, index] : [index]))
}
