import * as v from 'valibot'
import { isFileName } from './file_name.ts'

/** A checkpoint available by name; `weights/registry.json` lists them. */
export interface RegistryEntry {
  name: string
  description: string
  /** The number of classes, including the background. */
  classes: number
  /** The size of its files, according to the source. */
  megabytes: number
  licence: string
  /** A page about the origin of the weights. */
  source: string
  /** The files to download; none for a checkpoint that this package ships, in `weights/NAME`. */
  files: RegistryFile[]
}

export interface RegistryFile {
  /** Its name in the cache folder. */
  name: string
  url: string
  /** The exact size; null if no source states it. */
  bytes: number | null
  /** The SHA-256 in hex, or its first digits, according to the source; null if it states none. */
  sha256: string | null
}

const fileName = v.pipe(v.string(), v.check(isFileName, 'expected the name of a file, without a path'))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1))

const fileSchema: v.GenericSchema<RegistryFile> = v.object({
  name: fileName,
  url: v.pipe(v.string(), v.regex(/^https?:\/\//, 'expected an http: or https: URL')),
  bytes: v.nullable(count),
  sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{8,64}$/, 'expected 8 to 64 hexadecimal digits'))),
})

/** @internal An entry's name is a folder in the cache, and each file's name a file in it: no name may point outside. */
export const registrySchema: v.GenericSchema<RegistryEntry[]> = v.array(
  v.object({
    name: fileName,
    description: v.string(),
    classes: count,
    megabytes: v.number(),
    licence: v.string(),
    source: v.string(),
    files: v.array(fileSchema),
  }),
)

export const isShipped = ({ files }: RegistryEntry): boolean => files.length === 0

/** The entry with this name, or with this repository on Hugging Face; undefined if there is none. */
export function findEntry(registry: readonly RegistryEntry[], name: string): RegistryEntry | undefined {
  return registry.find(entry => entry.name === name || entry.source === `https://huggingface.co/${name}`)
}
