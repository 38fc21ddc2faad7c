// `atrous segment --probabilities`: writes the probability of each class at each pixel to files.

import { Option } from 'commander'
import { encode } from 'fast-png'
import type { ClassScores } from '../../library/segmentation_base.ts'
import type { FileContent } from '../../node/files/atomic.ts'
import { markPng } from '../../node/images/result_mark.ts'
import { encodeNpy } from '../../node/npy.ts'

export type ProbabilityFormat = 'npy' | 'png'

export const probabilitiesOption = (): Option =>
  new Option(
    '--probabilities <format>',
    'also write the probability of each class at each pixel: as one NumPy file, or as a grey PNG for each class',
  ).choices(['npy', 'png'])

export interface ProbabilityFile {
  /** The part of the name after the photo's: `probabilities.npy`, `probabilities.03-bird.png`. */
  ending: string
  content(): FileContent
}

/** What follows the photo's name in the names of the files that `probabilityFiles` gives, in the same order. */
export function probabilityEndings(format: ProbabilityFormat, classNames: readonly string[]): string[] {
  if (format === 'npy') return ['probabilities.npy']
  const digits = String(classNames.length - 1).length
  return classNames.map(
    (name, id) => `probabilities.${String(id).padStart(digits, '0')}-${fileName(name)}.png`,
  )
}

/**
 * The files of a photo. `npy` gives one file, float32 of shape [height, width, classes]. `png` gives one file for each class, 8
 * bits per pixel, where 255 is a probability of 1.
 */
export function probabilityFiles(scores: ClassScores, format: ProbabilityFormat): ProbabilityFile[] {
  const { data, width, height, classes, classNames } = scores
  const endings = probabilityEndings(format, classNames)
  if (format === 'npy')
    return [{ ending: endings[0], content: () => encodeNpy(data, [height, width, classes]) }]
  return endings.map((ending, id) => ({
    ending,
    content: () => markPng(encode({ data: greys(scores, id), width, height, channels: 1, depth: 8 })),
  }))
}

/** The files in a line of output: one by its path, several by a pattern. */
export const probabilityText = (paths: readonly string[]): string[] =>
  paths.length > 1 ? [paths[0].replace(/\.probabilities\.[^/\\]*$/, '.probabilities.*.png')] : [...paths]

/** A class's name in characters that every file system accepts. The id before it makes names unique. */
const fileName = (name: string) => name.replace(/[^\p{L}\p{N}_-]+/gu, '_').slice(0, 32)

function greys({ data, width, height, classes }: ClassScores, id: number): Uint8Array {
  const pixels = new Uint8Array(width * height)
  for (let pixel = 0; pixel < pixels.length; pixel++)
    pixels[pixel] = Math.round(255 * data[pixel * classes + id])
  return pixels
}
