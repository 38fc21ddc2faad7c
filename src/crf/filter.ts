// The two filters of the CRF: each adds its message to the sum. The bilateral one over all pairs is here, that by a lattice in lattice.ts.

import type { Launch, Range } from '../gpu/launch.ts'
import {
  type BilateralDeviations,
  bilateralPairMessage,
  bilateralPairNorms,
} from '../kernels/crf/bilateral_pairs.ts'
import { gaussianBlur, gaussianNorms, gaussianTaps } from '../kernels/crf/gaussian_blur.ts'
import { type CrfBuffers, launch, runLaunches } from './crf_buffers.ts'

/** The colours on which the bilateral filter depends. */
export interface CrfImage {
  /** Red, green, blue and 0 of each pixel, from 0 to 255. */
  range: Range
  width: number
  height: number
  pixels: number
}

/** The program that computes message = or += scale · K · input, of so many vectors of classes a pixel. */
export type Filter = (
  input: Range,
  message: Range,
  options: { vectors: number; scale: number },
) => Promise<Launch[]>

/** The spatial filter: message = scale · K · input, along the rows and then along the columns, which is exact. */
export function spatialFilter(
  buffers: CrfBuffers,
  { width, height }: Pick<CrfImage, 'width' | 'height'>,
  deviation: number,
): Filter {
  const alongAxis = async (shape: readonly [number, number, number], scale: number) => {
    const taps = gaussianTaps(shape[1], deviation)
    const kernel = gaussianBlur({ label: 'crf spatial', shape, radius: taps.length - 1, scale })
    const norms = await buffers.filled('norms', gaussianNorms(shape[1], taps))
    return { kernel, ranges: { taps: await buffers.filled('taps', taps), norms } }
  }
  return async (input, message, { vectors, scale }) => {
    const between = await buffers.zeros('rows', input.size)
    const rows = await alongAxis([height, width, vectors], 1)
    const columns = await alongAxis([1, height, width * vectors], scale)
    return [
      launch(rows.kernel, { ...rows.ranges, input, output: between }),
      launch(columns.kernel, { ...columns.ranges, input: between, output: message }),
    ]
  }
}

/** The bilateral filter over all pairs of pixels: message += scale · K · input. Its work grows with the square of the pixels. */
export async function pairsFilter(
  buffers: CrfBuffers,
  { range: image, width, pixels }: CrfImage,
  { signal, ...deviations }: BilateralDeviations & { signal?: AbortSignal },
): Promise<Filter> {
  const options = { label: 'crf pairs', width, pixels, ...deviations }
  const norms = await buffers.zeros('norms', pixels * 4)
  await runLaunches(buffers.gpu, [launch(bilateralPairNorms(options), { image, norms })], { signal })
  return async (input, message, { vectors, scale }) => [
    launch(bilateralPairMessage({ ...options, vectors, scale }), { image, input, norms, message }),
  ]
}
