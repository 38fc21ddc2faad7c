// The options of a segmentation, each declared once: its values, and its words in help and messages. The command's flags, the server's
// parameters and their description, a job of the queue, the page's controls and the checks of the library come from these tables.

import * as v from 'valibot'
import { CRF, CRF_TEXTS, type CrfOption, crfFromText } from '../crf/crf_parameters.ts'
import { MAX_NETWORK_SIZE, NETWORK_SIZE } from '../model/preprocessing.ts'
import { type DeclaredOptions, FLAG, namesOf, oneOfTexts } from '../options.ts'

export interface InferenceOptions {
  /** Stride of the backbone in pixels: 8 is the finest and slowest. Default: the model's. */
  outputStride?: number
  /**
   * Image sizes whose probabilities are averaged, as factors above 0, at most 4 (section 4.1 of DeepLabv3). A factor that is
   * given twice counts twice and is computed once. At most 32 factors. Default [1].
   */
  scales?: readonly number[]
  /** Whether each scale also runs on the mirrored image. Default false. */
  flip?: boolean
  /**
   * The way in which several scales are merged: the mean of their probabilities, or the maximum of their logits (section 4.1.2 of DeepLabv2), which
   * takes no `flip`. Default mean.
   */
  merge?: 'mean' | 'max'
  /** Length of the resized edge at scale 1, in pixels, at most 16384. Default: the model's. */
  size?: number
}

/** Large photos: windows of a photo, whose results are blended. */
export interface TileOptions {
  /**
   * Segments the photo in windows of this edge, in pixels as the network sees them, at the photo's own scale unless `size` gives another.
   * Each photo runs alone, and memory does not grow with it. Not with `crf`, logits or `at: 'network'`. From 32 to 16384; the size
   * with which the network was trained, or more. Default: none, the whole photo at once.
   */
  tile?: number
  /**
   * The share of a window that the next one has, too, at least: from 0 to 0.75. There, one window fades linearly into the other. Default
   * 0.25.
   */
  overlap?: number
}

/** The options of calls that give a class map to the CPU. */
export interface RefinedOptions extends InferenceOptions, TileOptions {
  /**
   * A fully connected CRF (Krähenbühl and Koltun 2011) behind the network: masks follow the edges in the photo, and probabilities
   * are its marginals. The parameters by the name of those that were published (`default`, `v1`, `v2`, `v2-vgg`), or one's own.
   * It works at the size of the output (`at`), and with `at: 'network'` at that of the network's image, which is the size for a
   * large photo. Default: none.
   */
  crf?: CrfOption
}

/** The result of `segment`: class maps alone, or also a number for each class at each pixel. */
export type SegmentOutput = 'mask' | 'probabilities' | 'logits'

export interface OutputOptions<Output extends SegmentOutput = SegmentOutput> {
  /**
   * `mask`: a class for each pixel. `probabilities`: also the softmax over the classes at each pixel; with several scales or
   * `flip`, the mean of the views' softmax; with `crf`, its marginals. `logits`: also the network's values before the softmax;
   * only for a single view or the maximum of several, and not with `crf`. Default: mask.
   */
  output?: Output
  /**
   * The size of the output: the photo's own, or the network's. The network's size is the size of its logits: the image's,
   * divided by the output stride, or by the decoder's stride if there is one. With several scales, `flip` or `crf` it is the
   * size of the image at scale 1. A mask that comes with probabilities or logits always has the photo's size. Default: photo.
   */
  at?: 'photo' | 'network'
}

const MAX_SCALE = 4
const MAX_SCALES = 32

const factor = v.pipe(v.number(), v.gtValue(0), v.maxValue(MAX_SCALE))

/** @internal What the network computes. The numbers that are possible at all: which output strides a network has is the network's to say. */
export const INFERENCE_OPTIONS = {
  outputStride: {
    schema: v.pipe(v.number(), v.integer(), v.minValue(1)),
    expected: 'a whole number above 0',
  },
  scales: {
    schema: v.pipe(v.array(factor), v.minLength(1), v.maxLength(MAX_SCALES)),
    expected: `up to ${MAX_SCALES} factors above 0, at most ${MAX_SCALE}`,
  },
  flip: FLAG,
  merge: oneOfTexts('mean', 'max'),
  size: { schema: NETWORK_SIZE, expected: `a number of pixels from 1 to ${MAX_NETWORK_SIZE}` },
} satisfies DeclaredOptions<InferenceOptions>

const [MIN_TILE, MAX_TILE, MAX_OVERLAP] = [32, MAX_NETWORK_SIZE, 0.75]

/** The overlap of windows where none is given. */
export const DEFAULT_OVERLAP = 0.25

/** @internal How a large photo is cut into windows. */
export const TILE_OPTIONS = {
  tile: {
    schema: v.pipe(v.number(), v.integer(), v.minValue(MIN_TILE), v.maxValue(MAX_TILE)),
    expected: `a number of pixels from ${MIN_TILE} to ${MAX_TILE}`,
  },
  overlap: {
    schema: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_OVERLAP)),
    expected: `a number from 0 to ${MAX_OVERLAP}`,
  },
} satisfies DeclaredOptions<TileOptions>

/** @internal And with a CRF. The comment lets bundlers leave it out of a page, which loads the checks of a CRF when one runs. */
export const REFINED_OPTIONS = /* @__PURE__ */ Object.assign({}, INFERENCE_OPTIONS, {
  crf: CRF,
  ...TILE_OPTIONS,
}) satisfies DeclaredOptions<RefinedOptions>

/** @internal Their names, for the library. */
export const REFINED_BY_NAME: DeclaredOptions<RefinedOptions> = {
  ...namesOf(INFERENCE_OPTIONS),
  crf: true,
  ...namesOf(TILE_OPTIONS),
}

/** @internal What a call of the library gives. The command and the server have files and tensors in its place. */
export const OUTPUT_OPTIONS = {
  output: oneOfTexts('mask', 'probabilities', 'logits'),
  at: oneOfTexts('photo', 'network'),
} satisfies DeclaredOptions<OutputOptions>

/** How an option is written as text, and what help and descriptions say of it. */
interface OptionText {
  about: string
  /** The name of its value in help. An option without one is a flag. */
  value?: string
  /** In words, where leaving the option out means more than leaving out what it does. */
  byDefault?: string
  example?: string
  /** The value of the option where it is given without a value. */
  preset?: string
  /** Reads a text that its schema alone does not tell how to read. Undefined for one that means nothing. */
  read?: (text: string) => unknown
  /** The texts that `read` takes. */
  expected?: string
}

/** A table of its own, because the library in a page needs none of it. */
export const OPTION_TEXTS: { [Name in keyof RefinedOptions]-?: OptionText } = {
  outputStride: {
    value: 'n',
    about: 'reduction of the photo in the network: 8, 16 or 32 in most networks',
    byDefault: "the model's",
  },
  scales: {
    value: 'factors',
    about: 'average the network over several image sizes',
    example: '0.5,1,1.5',
  },
  flip: { about: 'average with the mirrored photo' },
  merge: { value: 'how', about: 'what becomes of several scales', byDefault: 'mean' },
  size: {
    value: 'pixels',
    about: 'longest edge to which the photo is scaled',
    byDefault: "the model's",
  },
  crf: {
    value: 'parameters',
    about: 'refine masks by a fully connected CRF',
    preset: 'default',
    example: '3,1,4,67,3',
    read: crfFromText,
    expected: CRF_TEXTS,
  },
  tile: {
    value: 'pixels',
    about: "for large photos: segment windows of this size at the photo's own scale, and blend them",
  },
  overlap: {
    value: 'share',
    about: 'share of a window that the next one has, too',
    byDefault: '0.25',
  },
}
