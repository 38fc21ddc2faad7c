// The licences of packages that a bundle has a copy of.
import { readFileSync } from 'node:fs'

/** Their texts, for the bundles of an esbuild metafile: each package's files of licences, or the comments that its sources begin with. */
export function licencesOf({ inputs }) {
  const files = Object.keys(inputs)
  const folders = files.flatMap(file => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? [])
  return [...new Set(folders)]
    .sort()
    .map(folder =>
      licence(
        folder,
        files.filter(file => file.startsWith(`${folder}/`)),
      ),
    )
    .join('\n')
}

function licence(folder, files) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const own = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'NOTICE'].flatMap(file => textOf(`${folder}/${file}`))
  const texts = own.length > 0 ? own : [...new Set(files.flatMap(headerOf))]
  if (texts.length === 0) throw new Error(`${folder}: no licence`)
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
}

function textOf(file) {
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}

/** The copyright notice in the first lines of a source. */
const headerOf = file =>
  readFileSync(file, 'utf8')
    .match(/^(\/\/.*\n)+/)?.[0]
    .match(/^\/\/ Copyright.*/s) ?? []
