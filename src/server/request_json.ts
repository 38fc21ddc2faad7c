import type * as v from 'valibot'
import { checkJson } from '../json.ts'
import { readBoundedJson } from './bounded_json.ts'

/** JSON that fits a schema; `readBoundedJson` has the limits. Throws a UserError that names the first wrong field. */
export const requestJson = async <Schema extends v.GenericSchema>(
  schema: Schema,
  json: Uint8Array,
  checkStrings: (count: number) => void = () => {},
): Promise<v.InferOutput<Schema>> => checkJson(schema, await readBoundedJson(json, checkStrings))
