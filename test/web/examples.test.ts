// The examples for browsers, as a static server of a built clone gives them.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { until, useBrowser } from './browser.ts'
import { BUNDLED } from './bundle.ts'

const ROOT = new URL('../../', import.meta.url)
const FOLDER = new URL('examples/browser/', ROOT)

describe('the examples for browsers', () => {
  const browser = useBrowser(path => {
    if (path.startsWith('/examples/browser/') || path.startsWith('/weights/') || path === '/web/sample.png')
      return new URL(path.slice(1), ROOT)
    if (path.startsWith('/dist/bundle/'))
      return new URL(
        `dist/web/${path === '/dist/bundle/atrous.js' ? 'index.js' : path.slice('/dist/bundle/'.length)}`,
        BUNDLED,
      )
    return undefined
  })

  for (const name of readdirSync(fileURLToPath(FOLDER)).filter(name => name.endsWith('.html')))
    it(name, async () => {
      const page = await browser.open(`/examples/browser/${name}`, { library: false })
      await until(page, () => document.querySelector('pre')!.textContent !== '…', 100_000)
      expect(await page.evaluate(() => document.characterSet)).to.equal('UTF-8')
      const text = await page.textContent('pre')
      expect(text).to.match(/ring/)
      expect(text).to.match(/sphere/)
      if (name === 'teach.html') expect(text).to.match(/floor/)
    })
})
