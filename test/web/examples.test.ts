// The examples for browsers, served beside a copy of the package, as docs/browser.md describes.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until, useBrowser } from './browser.ts'
import { BUNDLED } from './bundle.ts'

const ROOT = new URL('../../', import.meta.url)
const FOLDER = new URL('examples/browser/', ROOT)

describe('the examples for browsers', () => {
  const browser = useBrowser(path => {
    if (path === '/examples/photo.png') return new URL('web/sample.png', ROOT)
    if (path.startsWith('/examples/')) return new URL(path.slice('/examples/'.length), FOLDER)
    if (path === '/atrous/dist/bundle/atrous.js') return new URL('dist/web/index.js', BUNDLED)
    if (path.startsWith('/atrous/dist/bundle/'))
      return new URL(`dist/web/${path.slice('/atrous/dist/bundle/'.length)}`, BUNDLED)
    if (path.startsWith('/atrous/weights/')) return new URL(path.slice('/atrous/'.length), ROOT)
    return undefined
  })

  for (const name of readdirSync(fileURLToPath(FOLDER)).filter(name => name.endsWith('.html')))
    it(name, async () => {
      const page = await browser.open(`/examples/${name}`, { library: false })
      await until(page, () => document.querySelector('pre')!.textContent !== '…', 100_000)
      const text = await page.textContent('pre')
      expect(text).to.match(/ring/)
      expect(text).to.match(/sphere/)
      if (name === 'teach.html') expect(text).to.match(/floor/)
    })
})
