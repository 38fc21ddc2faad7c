// The result for a photo, as far as both platforms have it.

import { type ClassShare, isBackground } from '../data/class_share.ts'
import type { Image } from '../data/image.ts'
import { displayPalette } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { ClassMap } from '../inference/class_map.ts'
import type { SegmentOutput } from '../inference/inference_options.ts'
import type { ScoreMap } from '../inference/score_map.ts'
import { shown } from '../options.ts'
import type { CutoutLayers, CutoutOptionsOf } from './cutout.ts'

/** A number for each class at each pixel: data[(y · width + x) · classes + id]. */
export interface ClassScores extends ScoreMap {
  /** By class id. */
  classNames: readonly string[]
}

/** The type of scores that `Output` requests; else undefined. */
export type ScoresOf<Output, Asked> = Output extends Asked ? ClassScores : undefined

/** The names in a result: which output was asked for, and the classes by id. */
export interface ResultNames<Output> {
  output: Output
  classNames: readonly string[]
  /** Runs work on the model's GPU. A result without it has no cut-outs. */
  onGpu?: <T>(work: (gpu: Gpu) => Promise<T>) => Promise<T>
}

/** The base of `Segmentation` on either platform. `Output` is the `output` option of `segment`. */
export abstract class SegmentationBase<Output extends SegmentOutput = SegmentOutput> {
  /** Class ids, row by row from the top: height · width bytes. */
  readonly mask: Uint8Array
  /** The mask's size in pixels: the photo's own, unless a mask of the network's size was requested. */
  readonly width: number
  readonly height: number
  /** The classes that occur in the mask, the largest first. */
  readonly classes: ClassShare[]
  /** The probability of each class at each pixel, 0 to 1, if requested. They sum to 1, except for rounding. */
  readonly probabilities: ScoresOf<Output, 'probabilities'>
  /** The network's output for each class at each pixel before the softmax, if requested. */
  readonly logits: ScoresOf<Output, 'logits'>
  readonly #image: Image
  readonly #classNames: readonly string[]
  readonly #onGpu: ResultNames<Output>['onGpu']

  /** @internal For `DeepLab.segment`. */
  constructor(image: Image, found: ClassMap, names: ResultNames<Output>) {
    const { output, classNames } = names
    const { scores, ...map } = found
    const named = scores && { ...scores, classNames }
    this.#image = image
    this.#classNames = classNames
    this.#onGpu = names.onGpu
    this.mask = map.mask
    this.width = map.width
    this.height = map.height
    this.probabilities = (output === 'probabilities' ? named : undefined) as ScoresOf<Output, 'probabilities'>
    this.logits = (output === 'logits' ? named : undefined) as ScoresOf<Output, 'logits'>
    this.classes = classesOf(map, { classNames, probabilities: this.probabilities })
  }

  /** The photo as the network got it. */
  protected get photo(): Image {
    return this.#image
  }

  /** By class id. */
  protected get classNames(): readonly string[] {
    return this.#classNames
  }

  /** Where a class is, by its name: height · width bytes, 1 at the pixels of the class. Throws a UserError for a name that the network lacks. */
  maskOf(name: string): Uint8Array {
    const id = this.#classNames.indexOf(name)
    if (id < 0) throw new UserError(`maskOf: ${shown(name)} is none of ${this.#classNames.join(', ')}`)
    return this.mask.map(pixel => (pixel === id ? 1 : 0))
  }

  /**
   * The probability of each pixel's class in the mask, 0 to 1: height · width numbers. Throws a UserError if probabilities were
   * not requested.
   */
  confidence(): Float32Array {
    const { probabilities } = this
    if (!probabilities) throw new UserError("confidence: segment with { output: 'probabilities' } first")
    return confidenceOf(this, probabilities)
  }

  /** @internal The layers of a cut-out, without its background. */
  async cutoutLayers(options: CutoutOptionsOf): Promise<CutoutLayers> {
    const { cutoutClasses, cutoutLayers } = await import('./cutout.ts') // loaded only when needed
    const ids = cutoutClasses(options, this.#classNames)
    const { photo, probabilities: scores } = this
    if (!scores || !this.#onGpu) throw new UserError("cutout: segment with { output: 'probabilities' } first")
    const withBackdrop = options.background === 'blur'
    return this.#onGpu(gpu => cutoutLayers(gpu, { photo, scores, ids, withBackdrop }))
  }

  /** The largest class except the background, if any. */
  get subject(): ClassShare | undefined {
    return this.classes.find(found => !isBackground(found))
  }
}

function classesOf(
  map: ClassMap,
  { classNames, probabilities }: { classNames: readonly string[]; probabilities?: ScoreMap },
): ClassShare[] {
  const { mask } = map
  const counts = new Uint32Array(256)
  for (const id of mask) counts[id]++
  const sums = new Float64Array(256)
  if (probabilities)
    confidenceOf(map, probabilities).forEach((confidence, pixel) => {
      sums[mask[pixel]] += confidence
    })
  return classNames
    .map((name, id) => ({
      id,
      name,
      colour: displayPalette[id],
      share: counts[id] / mask.length,
      ...(probabilities && { confidence: sums[id] / counts[id] }),
    }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
}

/** The probability of each pixel's class in the mask, at the nearest position of the scores. */
function confidenceOf({ mask, width, height }: ClassMap, scores: ScoreMap): Float32Array<ArrayBuffer> {
  const { data, classes } = scores
  const columns = Uint32Array.from({ length: width }, (_, x) => ((x + 0.5) * scores.width) / width)
  const found = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * scores.height) / height) * scores.width
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x
      found[pixel] = data[(row + columns[x]) * classes + mask[pixel]]
    }
  }
  return found
}
