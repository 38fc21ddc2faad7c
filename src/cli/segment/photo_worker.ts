// The thread that decodes photos and encodes results for photo_work.ts.

import { serve } from '../../node/worker_pool.ts'
import { type DecodedPhoto, type PhotoJob, readPhoto } from './photo_work.ts'
import { type WrittenResults, writeResults } from './segment_results.ts'

serve<PhotoJob, DecodedPhoto | WrittenResults>(async job => {
  if ('write' in job) return { result: await writeResults(job.write), transfer: [] }
  const { image, sha256 } = await readPhoto(job.read)
  const data = image.data.slice() // the decoder's own memory cannot move to another thread
  const samples = image.samples ? [image.samples.data.buffer as ArrayBuffer] : []
  return { result: { image: { ...image, data }, sha256 }, transfer: [data.buffer, ...samples] }
})
