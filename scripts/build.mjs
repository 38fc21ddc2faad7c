// Builds dist/ from src/ and shaders/. With --if-stale, only if a source has changed since the last build.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
  await import('./bundle_echarts.mjs')
  await import('./bundle_web.mjs')
}

/**
 * The package has its shaders without comments and indentation, which are half of their text, with short local names, and what several
 * of them import only once.
 * Bundlers leave out a call that is marked as pure if nothing imports its value.
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
  const made = texts.map(({ name, text }) => {
    const pure = `/* @__PURE__ */ shader('${name}', ${partsOf(text, shared).join(', ')})`
    return `export const ${name} = ${pure};\n`
  })
  const constants = shared.map(({ name, text }) => `const ${name} = ${JSON.stringify(text)};\n`)
  const join = "const shader = (name, ...parts) => ({ name, wgsl: parts.join('') });\n"
  writeFileSync(file, [join, ...constants, ...made].join(''))
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
