// A plugin of Vite for builds: each shader is a module of its own, without comments and indentation, as in the package. A bundler cuts a
// program into chunks by modules, so a page loads at first the shaders alone that it begins with.

import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'
import { stripWgsl } from '../scripts/strip_wgsl.mjs'
import { tokensOf } from '../src/gpu/wgsl_tokens.ts'

const ALL = /^import \* as shaders from '(.*shaders\.gen\.ts)'\n/m
const USE = /\bshaders\.(?!gen\b)([a-z]\w*)/g
/** A line of a generated module: the name of a shader, and its WGSL as JSON. */
const SHADER = /^export const (\w+): Shader = \{ name: '\w+', wgsl: (".*") \}/gm
const QUERY = '?shader='

export const singleShaders = (): Plugin => ({
  ...{ name: 'single-shaders', apply: 'build', enforce: 'pre' },

  /** Has a module import the shaders that it names one by one. */
  transform(code) {
    const path = ALL.exec(code)?.[1]
    const names = new Set([...code.matchAll(USE)].map(([, name]) => name))
    if (path === undefined || names.size === 0) return null
    const imports = [...names].map(
      name => `import { ${name} as ${name}_shader } from '${path}${QUERY}${name}'\n`,
    )
    return { code: imports.join('') + code.replace(ALL, '').replace(USE, '$1_shader'), map: null }
  },

  load(id) {
    const [path, wanted] = id.split(QUERY)
    if (!path.endsWith('shaders.gen.ts')) return null
    const texts = new Map(
      [...readFileSync(path, 'utf8').matchAll(SHADER)].map(([, name, wgsl]) => [name, wgsl]),
    )
    const code =
      wanted === undefined
        ? [...texts.keys()].map(name => `export { ${name} } from '${path}${QUERY}${name}'\n`).join('')
        : single(wanted, JSON.parse(texts.get(wanted)!))
    return { code, moduleSideEffects: false }
  },
})

const single = (name: string, wgsl: string): string =>
  `export const ${name} = ${JSON.stringify({ name, wgsl: stripWgsl(wgsl, tokensOf) })}\n`
