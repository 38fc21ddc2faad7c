// What the pages for people name has to be there: files, headings and npm scripts.

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
