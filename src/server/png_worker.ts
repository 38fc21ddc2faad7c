// The thread that encodes PNGs for png_encoder.ts.

import { vocPalette } from '../data/palette.ts'
import { encodeMaskPng } from '../library/mask_png.ts'
import { renderOverlay } from '../node/overlay/overlay.ts'
import { serve } from '../node/worker_pool.ts'
import type { PngJob } from './png_job.ts'

serve(async (job: PngJob) => {
  const encoded =
    job.kind === 'mask'
      ? encodeMaskPng(job.labelled, vocPalette)
      : await renderOverlay(job.image, job.labelled)
  const result = new Uint8Array(encoded) // sharp's bytes may be a part of a larger buffer, which cannot be moved
  return { result, transfer: [result.buffer] }
})
