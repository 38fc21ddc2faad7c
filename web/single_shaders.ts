// The shaders of a built page, as the package has them: without comments and indentation, and each a module of its own, because bundlers cut a
// program into chunks by modules: so a chunk that is loaded later has its shaders with it.

import type { Plugin } from 'vite'
import { stripWgsl } from '../scripts/strip_wgsl.mjs'
import * as gpu from '../src/gpu/shaders.gen.ts'
import { tokensOf } from '../src/gpu/wgsl_tokens.ts'
import * as web from '../src/web/shaders.gen.ts'

interface Shader {
  name: string
  wgsl: string
}

const SHADERS = new Map((Object.values({ ...gpu, ...web }) as Shader[]).map(each => [each.name, each]))

const PREFIX = '\0shader:'

export const singleShaders: Plugin = {
  name: 'single shaders',
  apply: 'build',
  enforce: 'pre',
  resolveId: id => (id.startsWith('shader:') ? `\0${id}` : undefined),
  load(id) {
    if (!id.startsWith(PREFIX)) return undefined
    const { name, wgsl } = SHADERS.get(id.slice(PREFIX.length))!
    const shader = { name, wgsl: stripWgsl(wgsl, tokensOf) }
    return { code: `export const ${name} = ${JSON.stringify(shader)}`, moduleSideEffects: false }
  },
  transform: code => withSingles(code) ?? undefined,
}

const ALL = /^import \* as shaders from '.*shaders\.gen\.ts'$/m
const SOME = /^import \{ ([\w, ]+) \} from '.*shaders\.gen\.ts'$/m
const NAMED = /\bshaders\.(?!gen\b)(\w+)/g

/** A module that imports its shaders one by one. One that does not name them keeps its import of all. */
function withSingles(code: string): string | undefined {
  const some = SOME.exec(code)?.[1]
  if (some)
    return code.replace(SOME, () =>
      some
        .split(', ')
        .map(name => single(name))
        .join('\n'),
    )
  const names = new Set([...code.matchAll(NAMED)].map(([, name]) => name))
  const isNamed = names.size > 0 && [...names].every(name => SHADERS.has(name))
  if (!isNamed || !ALL.test(code)) return undefined
  const imports = [...names].map(name => single(name, `${name}_shader`))
  return code.replace(ALL, () => imports.join('\n')).replace(NAMED, '$1_shader')
}

const single = (name: string, as = name) => `import { ${name} as ${as} } from 'shader:${name}'`
