// What a call of `segment` tells of its progress, and what is tuned after it.

import type { Image } from '../data/image.ts'
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference/inference_options.ts'
import { ownSize } from '../inference/photo.ts'
import type { PhotoSize } from '../inference/segmenter.ts'
import type { SegmentOptions, SegmentProgress, TileProgress } from './segment_options.ts'

interface Reports {
  onProgress?: (progress: SegmentProgress) => void
  onTile?: (tiles: TileProgress) => void
}

/** The functions that tell the caller of photos and of windows, if it asks. */
export function reportsOf(onProgress: SegmentOptions['onProgress'], total: number): Reports {
  if (!onProgress) return {}
  let done = 0
  return {
    onProgress(progress) {
      done = progress.done
      onProgress(progress)
    },
    onTile: tiles => onProgress({ done, total, tiles }),
  }
}

/** The photos as the network had them, and its options: of a photo in tiles, a window. */
export function networkCall(
  photos: readonly Image[],
  options: SegmentOptions,
): { sizes: PhotoSize[]; options: InferenceOptions } {
  const { tile } = options
  const names = Object.keys(INFERENCE_OPTIONS) as (keyof InferenceOptions)[]
  const inference: InferenceOptions = Object.fromEntries(names.map(name => [name, options[name]]))
  if (tile === undefined) return { sizes: photos.map(({ data: _, ...its }) => its), options: inference }
  return { sizes: [ownSize({ width: tile, height: tile })], options: { ...inference, size: tile } }
}
