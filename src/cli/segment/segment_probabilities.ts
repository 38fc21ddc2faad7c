// `atrous segment --probabilities`: what the network says of each class at each pixel, as files.

import { Option } from 'commander'
import { encode } from 'fast-png'
import type { FileContent } from '../../node/files/atomic.ts'
import { markPng } from '../../node/images/result_mark.ts'
import { encodeNpy } from '../../node/npy.ts'
import type { ClassScores } from '../../node/segmentation.ts'

export type ProbabilityFormat = 'npy' | 'png'

export const probabilitiesOption = (): Option =>
  new Option(
    '--probabilities <format>',
    'write the probability of each class at each pixel, too: as one NumPy file, or as a grey PNG for each class',
  ).choices(['npy', 'png'])

export interface ProbabilityFile {
  /** What follows the photo's name: `probabilities.npy`, `probabilities.03-bird.png`. */
  ending: string
  content(): FileContent
}

/**
 * The files of a photo: of `npy` one, float32 of shape [height, width, classes]; of `png` one for each class, 8 bits a pixel, where
 * 255 is a probability of 1.
 */
export function probabilityFiles(scores: ClassScores, format: ProbabilityFormat): ProbabilityFile[] {
  const { data, width, height, classes, classNames } = scores
  if (format === 'npy')
    return [{ ending: 'probabilities.npy', content: () => encodeNpy(data, [height, width, classes]) }]
  const digits = String(classes - 1).length
  return classNames.map((name, id) => ({
    ending: `probabilities.${String(id).padStart(digits, '0')}-${fileName(name)}.png`,
    content: () => markPng(encode({ data: greys(scores, id), width, height, channels: 1, depth: 8 })),
  }))
}

/** The files for a line of text: one by its path, several by a pattern. */
export const probabilityText = (paths: readonly string[]): string[] =>
  paths.length > 1 ? [paths[0].replace(/\.probabilities\.[^/\\]*$/, '.probabilities.*.png')] : [...paths]

/** What every file system takes of a class's name; the id before it tells names apart. */
const fileName = (name: string) => name.replace(/[^\p{L}\p{N}_-]+/gu, '_').slice(0, 32)

function greys({ data, width, height, classes }: ClassScores, id: number): Uint8Array {
  const pixels = new Uint8Array(width * height)
  for (let pixel = 0; pixel < pixels.length; pixel++)
    pixels[pixel] = Math.round(255 * data[pixel * classes + id])
  return pixels
}
