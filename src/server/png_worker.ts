// The thread that encodes PNGs for png_encoder.ts.

import { vocPalette } from '../data/palette.ts'
import { encodeMaskPng } from '../library/mask_png.ts'
import { encodeOverlay } from '../node/overlay/overlay.ts'
import { drawLegend } from '../node/overlay/overlay_legend.ts'
import { serve } from '../node/worker_pool.ts'
import type { PngJob } from './png_encoder.ts'

serve(async (job: PngJob) => {
  const encoded =
    job.kind === 'mask'
      ? encodeMaskPng(job.labelled, vocPalette)
      : await encodeOverlay(job.image, job.labelled, { drawLegend })
  const result = new Uint8Array(encoded) // sharp's bytes may be a part of a larger buffer, which cannot be moved
  return { result, transfer: [result.buffer] }
})
