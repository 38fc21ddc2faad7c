// What a visitor of the page downloads before a model: the page's own files, without those that it loads when they are needed.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { build } from 'vite'

const ROOT = new URL('../../', import.meta.url)
const BUILT = new URL('out/page/', ROOT)

const MOST = 150_000

/** The files that a page asks for by itself, and those that these import at once. */
function firstFiles(page: string): Set<string> {
  const html = readFileSync(new URL(page, BUILT), 'utf8')
  const files = new Set<string>()
  const add = (path: string) => {
    if (files.has(path)) return
    files.add(path)
    if (!path.endsWith('.js')) return
    const code = readFileSync(new URL(path, BUILT), 'utf8')
    for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) add(`assets/${name}`)
  }
  for (const [, path] of html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)) add(path)
  return files.add(page)
}

describe('the size of the page', () => {
  before(() => build({ configFile: fileURLToPath(new URL('web/vite.config.ts', ROOT)), logLevel: 'warn' }))

  it('is at most 150 kB, compressed, without what is loaded later', function () {
    const files = [...firstFiles('index.html')]
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, BUILT))).length, 0)
    this.test!.title += ` (${(bytes / 1000).toFixed(1)} kB in ${files.length} files)`
    expect(files.length).to.be.above(5)
    expect(bytes).to.be.below(MOST)
  })

  it('leaves out shaders of the CRF, of cut-outs and of training', () => {
    const scripts = [...firstFiles('index.html')].filter(file => file.endsWith('.js'))
    const code = scripts.map(file => readFileSync(new URL(file, BUILT), 'utf8')).join('')
    const has = (shader: string) => new RegExp(`name:["'\`]${shader}["'\`]`).test(code)
    expect(has('conv2d_tiled')).to.equal(true)
    for (const later of ['lattice_splat', 'guided_moments', 'softmax_cross_entropy', 'cutout_over'])
      expect(has(later), later).to.equal(false)
  })
})
