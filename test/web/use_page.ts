// The page for tests: built once a file, and served as static files from a path that is not the server's root.

import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { type OpenOptions, useBrowser } from './browser.ts'
import { settled } from './page_state.ts'

const ROOT = new URL('../../', import.meta.url)
const BUILT = new URL('out/page/', ROOT)
const AT = '/some/path/'

type PageOptions = Omit<OpenOptions, 'library'>

export interface OpenPage {
  /** Opens the page, or one of its other pages by its folder. */
  open(options?: PageOptions, folder?: string): Promise<Page>
  /** Opens the page, and waits until it has segmented its sample. */
  openSample(options?: PageOptions): Promise<Page>
}

export function usePage(flags: readonly string[] = []): OpenPage {
  const browser = useBrowser(
    path => {
      if (!path.startsWith(AT)) return undefined
      const name = path.slice(AT.length)
      return new URL(name === '' || name.endsWith('/') ? `${name}index.html` : name, BUILT)
    },
    { flags },
  )
  before(() => build({ configFile: fileURLToPath(new URL('web/vite.config.ts', ROOT)), logLevel: 'warn' }))
  async function open(options: PageOptions = {}, folder = ''): Promise<Page> {
    const page = await browser.open(AT + folder, { ...options, library: false })
    page.setDefaultTimeout(60_000)
    return page
  }
  async function openSample(options: PageOptions = {}): Promise<Page> {
    const page = await open(options)
    expect(await settled(page)).to.equal('')
    return page
  }
  return { open, openSample }
}
