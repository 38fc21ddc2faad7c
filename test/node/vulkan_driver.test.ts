import { expect } from 'chai'

const script = new URL('../../scripts/vulkan_driver.mjs', import.meta.url)
const release = { codename: 'bookworm', suite: 'bookworm-backports' }

const deb822 = `Types: deb
URIs: https://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
`
const oneLine = `deb [signed-by=/a.gpg] https://mirror.example/debian-security bookworm-security main
deb [signed-by=/a.gpg] https://mirror.example/debian bookworm main contrib
`

describe('the source of backports that set-up adds', () => {
  let backportsSource: (sources: string, wanted: typeof release) => string
  before(async () => {
    backportsSource = (await import(script.href)).backportsSource
  })

  for (const [form, sources] of Object.entries({ deb822, 'one line each': oneLine })) {
    it(`is on the release's own mirror, configured as ${form}`, () => {
      const lines = backportsSource(sources, release).split('\n')
      expect(lines)
        .to.include('URIs: https://mirror.example/debian')
        .and.to.include('Suites: bookworm-backports')
    })
  }

  it('is refused if the release has no mirror', () => {
    expect(() => backportsSource('', release)).to.throw('no apt source for bookworm')
  })
})
