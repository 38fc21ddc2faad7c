// JSON from files and servers: parsed, then checked against a schema, before anything uses it.

import * as v from 'valibot'
import { UserError } from './errors.ts'
import { printable } from './printable.ts'

/** The value of a JSON text that fits the schema. Throws a UserError that begins with `source` and names the first wrong field. */
export function parseJson<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
  source: string,
): v.InferOutput<Schema> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UserError(`${source}: not JSON, or cut short`)
  }
  return checkJson(schema, value, source)
}

/** A parsed value that fits the schema. Throws as `parseJson` does. */
export function checkJson<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  source: string,
): v.InferOutput<Schema> {
  const found = v.safeParse(schema, value, { abortEarly: true })
  if (found.success) return found.output
  const [issue] = found.issues
  const path = v.getDotPath(issue)
  const where = path === null ? '' : `${printable(path)}: `
  throw new UserError(`${source}: ${where}${printable(lowerFirst(issue.message))}`)
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
