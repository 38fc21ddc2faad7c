// A job of the queue: which photo, where its results go, and how it is segmented; and the store that reads and writes its files.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { REFINED_OPTIONS } from '../inference/inference_options.ts'
import { checkJson, optionalFields } from '../json.ts'

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
        ...optionalFields(REFINED_OPTIONS),
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

/** Checks the data of a job. Throws a BadJobError that names the first wrong field. What the network has is the model's to check. */
export function parseJob(data: unknown): SegmentJob {
  try {
    return checkJson(jobSchema, data, 'job')
  } catch (error) {
    throw error instanceof UserError ? new BadJobError(error.message) : error
  }
}

/** Reads and writes whole files. A BadJobError says that a new try does not help; any other error may pass. */
export interface Store {
  read(place: string, signal: AbortSignal): Promise<Uint8Array>
  /** Writes a file whole or not at all, over one of the same name. */
  write(place: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** The identity of a file under all its names; undefined if there is no such file. */
  identity(place: string): Promise<string | undefined>
}
