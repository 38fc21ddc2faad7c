import * as v from 'valibot'
import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'

/** JSON that fits a schema. Throws a UserError that names the first wrong field. */
export function requestJson<Schema extends v.GenericSchema>(
  schema: Schema,
  json: Uint8Array,
): v.InferOutput<Schema> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'))
  } catch (error) {
    throw new UserError(`the request is not JSON (${printable((error as Error).message)})`)
  }
  const found = v.safeParse(schema, value, { abortEarly: true })
  if (found.success) return found.output
  const [issue] = found.issues
  throw new UserError(`${printable(v.getDotPath(issue) ?? 'the request')}: ${printable(issue.message)}`)
}
