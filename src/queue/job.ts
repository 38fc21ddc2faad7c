// What a job of the queue holds: which photo, where its results go, and how it is segmented.

import * as v from 'valibot'
import { type CrfPreset, crfPresets } from '../crf/crf_parameters.ts'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'

/** A job that no new try can help: its data are wrong, or its photo is missing or damaged. */
export class BadJobError extends UserError {
  override name = 'BadJobError'
}

/** A path or a URL. */
const place = v.pipe(v.string(), v.minLength(1), v.maxLength(2048))

const jobSchema = v.pipe(
  v.strictObject({
    input: place,
    output: place,
    options: v.optional(
      v.strictObject({
        outputStride: v.optional(v.number()),
        scales: v.optional(v.array(v.number())),
        flip: v.optional(v.boolean()),
        merge: v.optional(v.picklist(['mean', 'max'])),
        size: v.optional(v.number()),
        crf: v.optional(v.picklist(Object.keys(crfPresets) as CrfPreset[])),
        mask: v.optional(v.boolean(), true),
        overlay: v.optional(v.boolean(), true),
      }),
      {},
    ),
  }),
  v.forward(
    v.check(({ options }) => options.mask || options.overlay, 'mask and overlay are both off: nothing to do'),
    ['options'],
  ),
)

/** The data of a job, with defaults for what it leaves out. docs/queue.md describes the fields. */
export type SegmentJob = v.InferOutput<typeof jobSchema>

/** Checks the data of a job. Throws a BadJobError that names the first wrong field. Ranges of options are the model's to check. */
export function parseJob(data: unknown): SegmentJob {
  try {
    return checkJson(jobSchema, data, 'job')
  } catch (error) {
    throw error instanceof UserError ? new BadJobError(error.message) : error
  }
}
