import { readFileSync } from 'node:fs'
import { expect } from 'chai'

describe("the page's Content-Security-Policy", () => {
  for (const page of ['web/index.html', 'web/bench/index.html'])
    it(`of ${page} leaves an injected element no way out: no base, no form, no script of others`, () => {
      const html = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8')
      const [, text] = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)!
      const rules = new Map(text.split(/;\s*/).map(rule => [rule.split(' ', 1)[0], rule]))
      // `default-src` stands for neither of the first two.
      expect([rules.get('base-uri'), rules.get('form-action')]).to.deep.equal([
        "base-uri 'none'",
        "form-action 'none'",
      ])
      expect([rules.get('default-src'), rules.get('script-src')]).to.deep.equal([
        "default-src 'self'",
        undefined,
      ])
    })
})
