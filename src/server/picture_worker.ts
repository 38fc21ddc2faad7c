// The thread that encodes pictures for picture_encoder.ts.

import { vocPalette } from '../data/palette.ts'
import { encodeMaskPng } from '../library/mask_png.ts'
import { cutoutFile } from '../node/cutout_file.ts'
import { encodeOverlay } from '../node/overlay/overlay.ts'
import { drawLegend } from '../node/overlay/overlay_legend.ts'
import { serve } from '../node/worker_pool.ts'
import type { PictureJob } from './picture_encoder.ts'

serve(async (job: PictureJob) => {
  const result = new Uint8Array(await encoded(job)) // sharp's bytes may be a part of a larger buffer, which cannot be moved
  return { result, transfer: [result.buffer] }
})

function encoded(job: PictureJob): Uint8Array | Promise<Uint8Array> {
  if (job.kind === 'cutout') return cutoutFile(job.layers, job.options)
  if (job.kind === 'mask') return encodeMaskPng(job.labelled, vocPalette)
  return encodeOverlay(job.image, job.labelled, { drawLegend })
}
