// What the pages for people name has to be there: files, headings and npm scripts. So do the files that comments name.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect } from 'chai'

const root = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const pages = ['.', 'bench', 'deploy', 'docs'].flatMap(folder =>
  readdirSync(new URL(`${folder}/`, root))
    .filter(name => name.endsWith('.md'))
    .map(name => posix.join(folder, name)),
)

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading))

/** Whether a path is there. `docs/api` and *.gen.ts are written by commands. */
const isThere = (path: string) => /^docs\/api\b|\.gen\.ts$/.test(path) || existsSync(new URL(path, root))

describe('the pages for people', () => {
  for (const page of pages) {
    it(`${page} links to files and headings that are there`, () => {
      for (const [, target] of read(page).matchAll(/\]\((?!\w+:)([^)]+)\)/g)) {
        const [file, anchor] = target.split('#')
        const path = file === '' ? page : posix.join(posix.dirname(page), file)
        expect(isThere(path), `${target}: ${path}`).to.equal(true)
        if (anchor !== undefined) expect(anchorsOf(path), target).to.include(anchor)
      }
    })

    // A changelog and the notes on benches also name what is gone.
    if (page !== 'CHANGELOG.md' && page !== 'bench/NOTES.md')
      it(`${page} names files and npm scripts that are there`, () => {
        const named = read(page).matchAll(
          /`((?:bench|docs|examples|scripts|shaders|src|test|tools|weights)\/[\w./-]+)`/g,
        )
        for (const [, path] of named) expect(isThere(path), path).to.equal(true)
        const { scripts } = JSON.parse(read('package.json'))
        for (const [, script] of read(page).matchAll(/npm run ([\w:]+)/g))
          expect(scripts, script).to.have.property(script)
      })
  }
})

const FOLDERS = 'bench|bin|deploy|docs|examples|scripts|shaders|src|test|tools|web|weights'

/** A path from a folder of the repository, or the name of a source file, perhaps with folders before it. */
const PATH = new RegExp(
  `(?<![\\w@:/.<>*-])(?:(?:${FOLDERS})/[\\w./-]*\\w|(?:[\\w-]+/)*[\\w.-]+\\.(?:ts|mjs|cjs|wgsl))\\b`,
  'g',
)

/** Every file and folder below the folders with sources, from the root. */
const paths = FOLDERS.split('|').flatMap(folder => [
  folder,
  ...readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
    .map(path => posix.join(folder, path.replaceAll('\\', '/')))
    .filter(path => !path.includes('node_modules')),
])

/** Whether a comment's path is there: from the root, from some folder between, or a file's name alone. */
const endings = new Set(paths.flatMap(path => path.split('/').map((_, i, parts) => parts.slice(i).join('/'))))

/** Comments of TypeScript, JavaScript and WGSL: whole lines of them, and those at a line's end. */
const comments = (text: string) => text.match(/(?<=^|\s)\/\/.*$|\/\*[\s\S]*?\*\//gm) ?? []

describe('the comments of sources', () => {
  const named = (path: string) =>
    comments(read(path)).flatMap(comment => [...comment.matchAll(PATH)].map(([found]) => found))
  // `docs/api` and *.gen.ts are written by commands; NAME stands for a name.
  const isGone = (path: string) => !(endings.has(path) || isThere(path) || /\b[A-Z]+\b/.test(path))

  for (const folder of FOLDERS.split('|'))
    it(`of ${folder} name files that are there`, () => {
      const sources = paths.filter(
        path => path.startsWith(`${folder}/`) && /(?<!\.gen|_pb)\.(ts|mjs|cjs|wgsl)$/.test(path),
      )
      const gone = sources.flatMap(path =>
        named(path)
          .filter(isGone)
          .map(found => `${path}: ${found}`),
      )
      expect(gone).to.deep.equal([])
    })
})
