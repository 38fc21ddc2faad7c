// The modules of src as text, for the tests of the rules that hold for all of them.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))

export interface Source {
  /** From src, such as gpu/gpu.ts. */
  path: string
  text: string
}

/** Every module of src, generated ones included. */
export function sources(): Source[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map(file => ({ path: relative(SRC, file).replaceAll('\\', '/'), text: readFileSync(file, 'utf8') }))
}
