// `npm run test:bundlers`: pages that bundlers build with the packed package, and one without a bundler, segment a photo in Chromium.
// Installs the bundlers in a temporary folder, 600 MB, which is removed at the end. Takes five minutes. `-- -g vite` runs one of them.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { type Browser, chromium } from 'playwright-core'
import { packTarball, ROOT } from '../../package/support.ts'
import { type Route, serveStatic } from '../../support/static_server.ts'
import { chromiumPath, FLAGS } from '../browser.ts'
import { maskInNode } from '../mask_in_node.ts'

interface App {
  name: string
  /** Builds it, in its folder. */
  build(folder: string): void
  /** The folder of its files for a server. */
  served: string
  /** Next.js has scripts in its pages, and a notebook styles, which this policy forbids. */
  policy?: false
}

/** What the page of the documentation says a page needs. */
const POLICY = "default-src 'self'"

const APPS: App[] = [
  { name: 'vite', build: withVite, served: 'dist' },
  { name: 'react', build: withExample, served: 'dist' },
  { name: 'three', build: withExample, served: 'dist' },
  { name: 'notebook', build: withNotebook, served: '.observable/dist', policy: false },
  { name: 'webpack', build: folder => withPage(folder, () => run('webpack', [], folder)), served: 'dist' },
  {
    name: 'esbuild',
    build: folder =>
      withPage(folder, () => {
        const options = ['--bundle', '--splitting', '--format=esm', '--minify', '--outdir=dist']
        run('esbuild', ['main.js', ...options], folder)
        cpSync(join(modules, 'atrous/weights'), join(folder, 'dist/models'), { recursive: true })
      }),
    served: 'dist',
  },
  { name: 'next', build: folder => run('next', ['build'], folder), served: 'out', policy: false },
  {
    name: 'script',
    build: folder =>
      withPage(folder, () => {
        for (const part of ['dist/bundle', 'weights'])
          cpSync(join(modules, 'atrous', part), join(folder, 'dist/atrous', part), { recursive: true })
        cpSync(join(folder, 'main.js'), join(folder, 'dist/main.js'))
        cpSync(join(folder, '../program.js'), join(folder, 'dist/program.js'))
      }),
    served: 'dist',
  },
]

const temporary = mkdtempSync(join(tmpdir(), 'atrous-bundlers-'))
const modules = join(temporary, 'node_modules')

describe('pages built by', () => {
  let browser: Browser
  let expected: Uint8Array

  before('install the bundlers', function () {
    this.timeout(600_000)
    cpSync(fileURLToPath(new URL('.', import.meta.url)), temporary, { recursive: true })
    execFileSync('node', [join(ROOT, 'scripts/build.mjs'), '--if-stale'])
    const tarball = packTarball()
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
    // The versions are in package.json; a lock file would have to list every platform's packages.
    npm('install', '--no-package-lock', ...quiet, tarball)
    rmSync(dirname(tarball), { recursive: true })
  })
  before('open Chromium', async () => {
    const executablePath = chromiumPath()
    if (!executablePath) throw new Error('there is no Chromium: apt install chromium')
    browser = await chromium.launch({ executablePath, args: FLAGS })
    expected = maskInNode()
  })
  after(async () => {
    await browser?.close()
    rmSync(temporary, { recursive: true })
  })

  for (const { name, build, served, policy } of APPS)
    it(`${name} segment a photo as Node does`, async function () {
      this.timeout(400_000)
      const folder = join(temporary, 'apps', name)
      build(folder)
      const server = await serveStatic(filesOf(join(folder, served), policy === false ? undefined : POLICY))
      const complaints: string[] = []
      try {
        const page = await browser.newPage()
        page.on('pageerror', error => complaints.push(error.message))
        page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
        await page.goto(server.url)
        await page
          .waitForFunction(() => 'found' in window)
          .catch(error => {
            throw new Error([error.message, ...complaints].join('\n'))
          })
        const found = await page.evaluate(() => (window as unknown as Found).found)
        expect(found.width * found.height).to.equal(expected.length)
        expect(found.mask.filter((id, i) => id !== expected[i])).to.have.length(0)
        if (name === 'esbuild') {
          const refusal = await page.evaluate(() => (window as unknown as Found).refusal)
          expect(refusal).to.match(/HTTP 404.*; pass baseUrl/)
          complaints.splice(0) // Chromium prints the 404.
        }
        expect(complaints).to.deep.equal([])
      } finally {
        server.close()
      }
    })
})

/** What the pages leave for the test. */
interface Found {
  found: Promise<{ mask: number[]; width: number; height: number }>
  refusal: Promise<string>
}

function filesOf(folder: string, policy: string | undefined): Route {
  const headers: Record<string, string> = policy ? { 'content-security-policy': policy } : {}
  return path => {
    if (path === '/') return { headers: { ...headers, 'content-type': 'text/html' }, body: pageIn(folder) }
    if (path === '/favicon.ico') return {}
    if (path === '/scene.png') return pathToFileURL(join(ROOT, 'docs/scene.png'))
    return existsSync(join(folder, path)) ? pathToFileURL(join(folder, path)) : undefined
  }
}

const pageIn = (folder: string) => readFileSync(join(folder, 'index.html'))

function withVite(folder: string): void {
  run('vite', ['build', '--base', './'], folder)
}

/** Builds an app of examples/, which has the app's name. */
function withExample(folder: string): void {
  cpSync(join(ROOT, 'examples', basename(folder)), join(folder, 'examples'), { recursive: true })
  withVite(folder)
}

/** Builds the notebook of examples/, with the model of the other apps and one more cell. */
function withNotebook(folder: string): void {
  const notebook = readFileSync(join(ROOT, 'examples/notebook/segment.html'), 'utf8')
  const leave = 'window.found = { mask: [...found.mask], width: found.width, height: found.height }'
  const text = notebook
    .replace("load('deeplabv3_mobilenet_v2')", "load('scenes')")
    .replace('</notebook>', `<script id="100" type="module">${leave}</script></notebook>`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'index.html'), text)
  run('notebooks', ['build', '--root', folder, 'index.html'], folder)
}

/** Builds an app whose page no bundler writes. */
function withPage(folder: string, build: () => void): void {
  build()
  cpSync(join(folder, '../page.html'), join(folder, 'dist/index.html'))
}

const run = (command: string, args: string[], cwd: string) =>
  execFileSync(join(modules, '.bin', command), args, {
    cwd,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
    stdio: 'pipe', // in the error, if it fails
  })

const npm = (...args: string[]) =>
  execFileSync('npm', args, { cwd: temporary, stdio: ['ignore', 'ignore', 'inherit'] })
