// Debian's Chromium for tests, with SwiftShader, and pages that must neither complain nor talk to anybody else.

import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Route, type StaticServer, serveStatic } from '../support/static_server.ts'
import { BUNDLED, bundleLibrary } from './bundle.ts'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const chromiumPath = (): string | undefined => PATHS.find(existsSync)

/** SwiftShader, and no services of the browser's own. */
export const FLAGS = [
  ...['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-quic'],
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
  ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

declare global {
  interface Window {
    /** The library, in the pages of these tests. */
    atrous: typeof import('../../src/web/index.ts')
    /** Bytes as text: quicker to hand out of a page than an array of numbers. */
    base64(bytes: BufferSource | Blob): Promise<string>
    /** Of the soak: tells the memory after a frame. */
    read(frame: number, gpuBytes: number): Promise<void>
  }
}

export const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>A page with Atrous</title>
<script type="module" src="/page.js"></script>
`

const PAGE_SCRIPT = `import * as atrous from '/package/dist/web/index.js'
window.atrous = atrous
`

/** tsx names functions by `__name`, also those that run in the page. */
export const HELPERS = `globalThis.__name = value => value
globalThis.base64 = bytes => new Promise(resolve => {
  const reader = new FileReader()
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1))
  reader.readAsDataURL(new Blob([bytes]))
})
`

/** The bytes that `base64` made text of in a page. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64')

const ROOT = new URL('../../', import.meta.url)

/** The page, the library with its weights as a package, and the photos of the documentation. */
export const standard: Route = path => {
  if (path === '/') return { headers: { 'content-type': 'text/html' }, body: PAGE }
  if (path === '/favicon.ico') return {}
  if (path === '/page.js') return { body: PAGE_SCRIPT }
  if (path.startsWith('/package/dist/')) return new URL(path.slice('/package/'.length), BUNDLED)
  if (path.startsWith('/package/weights/')) return new URL(path.slice('/package/'.length), ROOT)
  if (path.startsWith('/docs/')) return new URL(path.slice(1), ROOT)
  return undefined
}

export interface OpenOptions {
  /** Default: 127.0.0.1, which is a secure context. */
  host?: string
  /** Runs before the page's own scripts. */
  before?: string
  /** Whether `window.atrous` will be the library. Default true. */
  library?: boolean
  viewport?: { width: number; height: number }
}

export interface TestBrowser {
  /** A page of its own, with nothing in its caches, on which `window.atrous` is the library, unless it is a page without it. */
  open(path?: string, options?: OpenOptions): Promise<Page>
  server: StaticServer
  /** What pages printed as errors or asked of other servers in this test. A test that expects some takes them out. */
  complaints: string[]
}

/** With these, Chromium shows what SwiftShader draws on a canvas. Without them, it then loses the device. */
export const CANVAS_FLAGS = ['--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=vulkan']

/**
 * Waits until a function is true in the page. It looks by the clock: Playwright's default looks at each of the page's frames, and a
 * busy GPU process may draw none.
 */
export async function until(page: Page, condition: () => boolean, timeout?: number): Promise<void> {
  await page.waitForFunction(condition, undefined, { polling: 100, timeout })
}

/** A camera that shows a moving picture, and that every page may use. */
export const CAMERA_FLAGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

/**
 * A browser for the tests of a file, or none: they are skipped where there is no Chromium. `routes` come before the standard
 * ones, and `flags` after the usual ones. After each test, its pages are closed, and it fails if one of them printed an error or asked another server.
 */
export function useBrowser(
  routes: Route = () => undefined,
  { flags = [] }: { flags?: readonly string[] } = {},
): TestBrowser {
  let browser: Browser | undefined
  const complaints: string[] = []
  const found = { complaints } as TestBrowser

  before(async function () {
    const executablePath = chromiumPath()
    if (!executablePath) {
      console.log('    skipped: there is no Chromium; apt install chromium')
      return this.skip()
    }
    await bundleLibrary()
    found.server = await serveStatic(path => routes(path) ?? standard(path))
    browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] })
  })
  after(async () => {
    await browser?.close()
    found.server?.close()
  })
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close()
    expect(complaints.splice(0)).to.deep.equal([])
  })

  found.open = async (
    path = '/',
    { host = '127.0.0.1', before = '', library = true, viewport = { width: 1280, height: 720 } } = {},
  ) => {
    const home = found.server.url.replace('127.0.0.1', host)
    const context = await browser!.newContext({ viewport })
    await context.addInitScript(HELPERS + before)
    const page = await context.newPage()
    page.on('console', message => {
      // Chromium itself reports each refused request of a page. The tests that ask for such expect them.
      const isRefused = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isRefused) complaints.push(`console: ${message.text()}`)
    })
    page.on('pageerror', error => complaints.push(`page: ${error.message}`))
    context.on('request', request => {
      const { protocol, origin } = new URL(request.url())
      const isOwn = origin === home || ['data:', 'blob:'].includes(protocol)
      if (!isOwn) complaints.push(`request: ${request.url()}`)
    })
    await page.goto(home + path)
    if (library) await until(page, () => window.atrous !== undefined)
    return page
  }
  return found
}
