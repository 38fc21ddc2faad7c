// The files of a photo's results: mask, overlay, cut-out, and the probability of each class at each pixel.

import { stat } from 'node:fs/promises'
import { Option } from 'commander'
import { encode } from 'fast-png'
import type { ClassShare } from '../../data/class_share.ts'
import type { Image } from '../../data/image.ts'
import type { ClassMap } from '../../inference/class_map.ts'
import type { ClassScores } from '../../library/segmentation_base.ts'
import { type FileContent, writeFileAtomic } from '../../node/files/atomic.ts'
import { markPng } from '../../node/images/result_mark.ts'
import { encodeNpy } from '../../node/npy.ts'
import { encodeOverlay } from '../../node/overlay/overlay.ts'
import { drawLegend } from '../../node/overlay/overlay_legend.ts'
import { Segmentation } from '../../node/segmentation.ts'

export interface ResultOptions {
  mask: boolean
  overlay: boolean
  probabilities?: ProbabilityFormat
  /** The opacity of the overlay. */
  opacity?: number
  legend: boolean
  /** The classes to cut out. */
  cutout?: string
}

interface Found {
  found: Segmentation
  image: Image
  cutout?: Uint8Array
}

/** The PNGs of a photo, by their key in --json. */
const PNGS = {
  mask: async ({ found }: Found) => found.maskPng(),
  overlay: ({ found, image }: Found, { opacity, legend }: ResultOptions) =>
    encodeOverlay(image, found, { opacity, drawLegend: legend ? drawLegend : undefined }),
  cutout: async ({ cutout }: Found) => cutout!,
}

type PngKind = keyof typeof PNGS

export const pngKinds = (options: ResultOptions): PngKind[] =>
  (Object.keys(PNGS) as PngKind[]).filter(kind => options[kind])

/** The endings of the names of a photo's results, after the key and a point. PNGs of probabilities are named after classes. */
export const resultEndings = (options: ResultOptions, classNames: readonly string[]): string[] => [
  ...pngKinds(options).map(kind => `${kind}.png`),
  ...(options.probabilities ? probabilityEndings(options.probabilities, classNames) : []),
]

/** A photo with what the network found. Plain data, which goes to a worker thread. */
export interface SegmentedPhoto {
  image: Image
  map: ClassMap
  classNames: readonly string[]
  /** The bytes of its cut-out's PNG, if there is to be one. */
  cutout?: Uint8Array
}

export interface WriteJob extends SegmentedPhoto {
  /** The path of the files without their endings. */
  prefix: string
  options: ResultOptions
}

export interface WrittenResults {
  width: number
  height: number
  classes: ClassShare[]
  /** The size of each file in bytes, by its ending. */
  results: Record<string, number>
}

/** Encodes the results of a photo and writes each whole or not at all. Throws a UserError if the file system refuses. */
export async function writeResults({ prefix, options, ...photo }: WriteJob): Promise<WrittenResults> {
  const found = segmentationOf(photo)
  const results: Record<string, number> = {}
  for await (const { ending, content } of resultFiles(
    { found, image: photo.image, cutout: photo.cutout },
    options,
  )) {
    const file = `${prefix}.${ending}`
    await writeFileAtomic(file, content)
    results[ending] = (await stat(file)).size
  }
  const { width, height, classes } = found
  return { width, height, classes, results }
}

/** One PNG without the mark that a file has. */
export async function encodePng(
  photo: SegmentedPhoto,
  kind: PngKind,
  options: ResultOptions,
): Promise<{ found: Segmentation; png: Uint8Array }> {
  const found = segmentationOf(photo)
  return { found, png: await PNGS[kind]({ found, image: photo.image, cutout: photo.cutout }, options) }
}

const segmentationOf = ({ image, map, classNames }: SegmentedPhoto) =>
  new Segmentation(image, map, { output: map.scores ? 'probabilities' : 'mask', classNames })

/** One after the other: those of probabilities may be large. */
async function* resultFiles(
  photo: Found,
  options: ResultOptions,
): AsyncGenerator<{ ending: string; content: FileContent }> {
  for (const kind of pngKinds(options))
    yield { ending: `${kind}.png`, content: markPng(await PNGS[kind](photo, options)) }
  const { found } = photo
  if (!found.probabilities || !options.probabilities) return
  for (const { ending, content } of probabilityFiles(found.probabilities, options.probabilities))
    yield { ending, content: content() }
}

type ProbabilityFormat = 'npy' | 'png'

export const probabilitiesOption = (): Option =>
  new Option(
    '--probabilities <format>',
    'also write the probability of each class at each pixel: as one NumPy file, or as a grey PNG for each class',
  ).choices(['npy', 'png'])

interface ProbabilityFile {
  /** The part of the name after the photo's: `probabilities.npy`, `probabilities.03-bird.png`. */
  ending: string
  content(): FileContent
}

/** The endings of the files that `probabilityFiles` gives, in the same order. */
function probabilityEndings(format: ProbabilityFormat, classNames: readonly string[]): string[] {
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
