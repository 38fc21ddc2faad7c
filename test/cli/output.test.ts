import { expect } from 'chai'
import { resultNamer } from '../../src/cli/output.ts'

describe('resultNamer', () => {
  it('leaves room for extensions and numbers after names of 255 bytes', () => {
    const latin = `${'x'.repeat(251)}.jpg`
    const wide = `${'日'.repeat(83)}.png`
    const nameOf = resultNamer()
    expect([latin, latin, wide].map(input => nameOf(input))).to.deep.equal([
      `${'x'.repeat(200)}`,
      `${'x'.repeat(200)}-2`,
      `${'日'.repeat(66)}`,
    ])
  })
})
