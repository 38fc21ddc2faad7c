// Builds dist/ from src/ and shaders/. With --if-stale, only if a source has changed since the last build.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { shortening } from './short_names.mjs'
import { stripWgsl } from './strip_wgsl.mjs'

const SOURCES = [
  'src',
  'shaders',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tsconfig.build.web.json',
]
/** Files of src that are read as they are. */
const DATA = ['bench/answers/known_answers.json']

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const [, script, option] = process.argv
if (script === fileURLToPath(import.meta.url) && (option !== '--if-stale' || isStale())) await build()

/** Whether the build is missing or older than its sources. */
export function isStale() {
  return newestChange('dist') < newestChange(...SOURCES)
}

async function build() {
  const { libraries } = await import('./embed_shaders.mjs')
  rmSync('dist', { recursive: true, force: true })
  for (const config of ['tsconfig.build.json', 'tsconfig.build.web.json']) {
    const tsc = ['node_modules/typescript/bin/tsc', '-p', config]
    const { status } = spawnSync(process.execPath, tsc, { stdio: 'inherit' })
    if (status !== 0) process.exit(1)
  }
  for (const file of DATA) copyFileSync(join('src', file), join('dist', file))
  for (const folder of ['gpu', 'web']) await stripShaders(`dist/${folder}/shaders.gen.js`, libraries)
  importSingleShaders()
  await import('./bundle_echarts.mjs')
  await import('./bundle_web.mjs')
}

/**
 * The package has its shaders without comments and indentation, which are half of their text, with short local names, and what several
 * of them import only once.
 * Bundlers leave out a call that is marked as pure if nothing imports its value. Each shader is a module of its own, because bundlers
 * cut a program into chunks by modules: so a chunk that is loaded later has its shaders with it.
 */
async function stripShaders(file, libraries) {
  const shaders = await import(pathToFileURL(file).href)
  const { tokensOf } = await import(pathToFileURL('dist/gpu/wgsl_tokens.js').href)
  const shorten = shortening(
    Object.values(shaders).map(({ wgsl }) => wgsl),
    tokensOf,
  )
  const strip = wgsl => shorten(stripWgsl(wgsl, tokensOf))
  const texts = Object.values(shaders).map(({ name, wgsl }) => ({ name, text: strip(wgsl) }))
  const shared = libraries
    .map(([name, wgsl]) => ({ name: `lib_${name}`, text: strip(wgsl) }))
    .filter(library => texts.filter(({ text }) => text.includes(library.text)).length > 1)
    .sort((a, b) => b.text.length - a.text.length) // A library may import another one.
  const folder = file.replace('.gen.js', '')
  mkdirSync(folder)
  const write = (name, text) => writeFileSync(`${folder}/${name}.js`, text)
  write('shader', "export const shader = (name, ...parts) => ({ name, wgsl: parts.join('') });\n")
  for (const { name, text } of shared) write(name, `export const ${name} = ${JSON.stringify(text)};\n`)
  for (const { name, text } of texts) write(name, shaderModule(name, partsOf(text, shared)))
  writeFileSync(file, texts.map(({ name }) => `export { ${name} } from './shaders/${name}.js';\n`).join(''))
}

/** A module of one shader, which imports what it shares with others. */
function shaderModule(name, parts) {
  const imported = ['shader', ...new Set(parts.filter(part => !part.startsWith('"')))]
  const imports = imported.map(each => `import { ${each} } from './${each}.js';\n`)
  const pure = `/* @__PURE__ */ shader('${name}', ${parts.join(', ')})`
  return `${imports.join('')}export const ${name} = ${pure};\n`
}

/**
 * Has each module import its shaders one by one: by way of a module that has them all, bundlers load all with the first chunk. A module
 * that does not name them keeps its import of all.
 */
function importSingleShaders() {
  const all = /^import \* as shaders from '(.*)shaders\.gen\.js';\n/m
  const files = readdirSync('dist', { recursive: true }).map(name => join('dist', name))
  for (const file of files.filter(name => name.endsWith('.js'))) {
    const text = readFileSync(file, 'utf8')
    const path = all.exec(text)?.[1]
    const names = new Set([...text.matchAll(/\bshaders\.(?!gen\b)(\w+)/g)].map(([, name]) => name))
    if (path === undefined || names.size === 0) continue
    const imports = [...names].map(
      name => `import { ${name} as ${name}_shader } from '${path}shaders/${name}.js';\n`,
    )
    const body = text.replace(all, '').replace(/\bshaders\.(?!gen\b)(\w+)/g, '$1_shader')
    writeFileSync(file, imports.join('') + body)
  }
}

/** A text as expressions: names of what it shares with others, and the strings between. */
function partsOf(text, [library, ...others]) {
  if (!library) return text === '' ? [] : [JSON.stringify(text)]
  return text
    .split(library.text)
    .flatMap((part, i) => [...(i > 0 ? [library.name] : []), ...partsOf(part, others)])
}

/** The time of the newest of these files, or of the files in these folders, in ms; 0 if there is none. */
function newestChange(...paths) {
  const files = paths.flatMap(path => {
    if (!existsSync(path)) return []
    if (statSync(path).isFile()) return [path]
    return readdirSync(path, { recursive: true }).map(name => join(path, name))
  })
  return Math.max(0, ...files.map(file => statSync(file).mtimeMs))
}
