// The page for tests: built once a file, and served as static files from a path that is not the server's root.

import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { type OpenOptions, useBrowser } from './browser.ts'

const ROOT = new URL('../../', import.meta.url)
const BUILT = new URL('out/page/', ROOT)
const AT = '/some/path/'

/** Opens the page, or one of its other pages by its folder. */
export type OpenPage = (options?: Omit<OpenOptions, 'library'>, folder?: string) => Promise<Page>

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
  return async (options = {}, folder = '') => {
    const page = await browser.open(AT + folder, { ...options, library: false })
    page.setDefaultTimeout(60_000)
    return page
  }
}
