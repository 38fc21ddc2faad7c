import type { Image } from '../data/image.ts'
import type { LabelledMask } from '../library/overlay_tint.ts'

/** What a thread encodes: a mask as a palette PNG, or over its photo. */
export type PngJob =
  | { kind: 'mask'; labelled: LabelledMask }
  | { kind: 'overlay'; labelled: LabelledMask; image: Image }
