// Which exports of src somebody names, by the texts of all modules.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The folders of all modules that are no tests. */
const PROGRAM = ['src', 'bench', 'scripts', 'web', 'examples', 'docs', 'bin', 'tools']

/** Declarations; names that are exported together, perhaps of another module; and all names of another module. */
const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) +([\w$]+)/gm
const LISTED = /^export (?:type )?\{([^}]*)\}(?: from '([^']+)')?/gm
const STAR = /^export (?:type )?\*(?: as \w+)? from '([^']+)'/gm

/** Imports of names, of a namespace, and while the program runs. */
const NAMED = /\bimport (?:type )?(?:\w+, )?\{([^}]*)\} from '([^']+)'/g
const NAMESPACE = /\bimport (?:type )?\* as (\w+) from '([^']+)'/g
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g

interface Module {
  text: string
  /** By the name outside; of re-exports also where the name comes from. */
  names: Map<string, { from?: string; name: string }>
  stars: string[]
}

/** `a`, `type a` or `a as b` of a list, as [name in the other module, name here]. */
const entries = (list: string): [string, string][] =>
  list
    .split(',')
    .map(each =>
      each
        .replace(/\/\/.*$/gm, '')
        .trim()
        .replace(/^type /, ''),
    )
    .filter(each => each !== '')
    .map(each => {
      const [name, alias = name] = each.split(' as ')
      return [name, alias]
    })

function moduleOf(path: string): Module {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const names: Module['names'] = new Map()
  for (const [, name] of text.matchAll(DECLARED)) names.set(name, { name })
  for (const [, list, from] of text.matchAll(LISTED))
    for (const [name, alias] of entries(list)) names.set(alias, { name, from: from && resolve(path, from) })
  return { text, names, stars: [...text.matchAll(STAR)].map(([, from]) => resolve(path, from)) }
}

/** The path of an import from the repository's root; of the build's files, that of their source. */
const resolve = (importer: string, target: string): string =>
  posix
    .join(posix.dirname(importer), target)
    .replace(/^dist\/(.*)\.js$/, 'src/$1.ts')
    .replace(/\?.*$/, '')

const modulesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(path => posix.join(folder, path.replaceAll('\\', '/')))
    .filter(path => /\.(ts|mjs|js|html)$/.test(path) && !path.includes('node_modules'))

/** The modules that package.json exports, as sources. */
function publicEntries(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const files = JSON.stringify(exports).matchAll(/"\.\/dist\/([\w/]+)\.d\.ts"/g)
  return [...new Set([...files].map(([, path]) => `src/${path}.ts`))]
}

/**
 * The exports of src that no other module names and that the package does not export, as `path: name`. Tests count only if asked
 * for: an export that only a test names is no part of the engine.
 */
export function unnamedExports({ tests }: { tests: boolean }): string[] {
  const folders = tests ? [...PROGRAM, 'test'] : PROGRAM
  const modules = new Map(folders.flatMap(modulesIn).map(path => [path, moduleOf(path)]))
  const named = new Map([...modules.keys()].map(path => [path, new Set<string>()]))

  function name(path: string, export_: string) {
    const module = modules.get(path)
    if (!module || named.get(path)!.has(export_)) return
    const found = module.names.get(export_)
    if (!found) for (const star of module.stars) name(star, export_)
    if (!found) return
    named.get(path)!.add(export_)
    if (found.from) name(found.from, found.name)
  }
  const nameAll = (path: string) => {
    const module = modules.get(path)
    if (!module) return
    for (const export_ of module.names.keys()) name(path, export_)
    module.stars.forEach(nameAll)
  }

  publicEntries().forEach(nameAll)
  for (const [path, { text, names }] of modules) {
    const inSource = path.startsWith('src/')
    // What a module of src re-exports is named only if somebody names the re-export. Elsewhere nobody asks.
    if (!inSource) for (const { from, name: original } of names.values()) if (from) name(from, original)
    for (const [, list, from] of text.matchAll(NAMED))
      for (const [original] of entries(list)) name(resolve(path, from), original)
    for (const [, space, from] of text.matchAll(NAMESPACE))
      for (const [, member] of text.matchAll(new RegExp(`\\b${space}\\.(\\w+)`, 'g')))
        name(resolve(path, from), member)
    for (const [, from] of text.matchAll(DYNAMIC))
      for (const export_ of modules.get(resolve(path, from))?.names.keys() ?? [])
        if (new RegExp(`\\b${export_}\\b`).test(text)) name(resolve(path, from), export_)
  }
  return [...modules]
    .filter(([path]) => path.startsWith('src/') && !/(\.gen|_pb)\.ts$/.test(path))
    .flatMap(([path, { names }]) =>
      [...names.keys()]
        .filter(export_ => !named.get(path)!.has(export_))
        .map(export_ => `${path}: ${export_}`),
    )
}
