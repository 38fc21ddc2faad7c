import { expect } from 'chai'
import { outputPrefixes } from '../../src/cli/output.ts'

describe('outputPrefixes', () => {
  it('leaves room for extensions and numbers after names of 255 bytes', () => {
    const latin = `${'x'.repeat(251)}.jpg`
    const wide = `${'日'.repeat(83)}.png`
    expect(outputPrefixes([latin, latin, wide], 'out')).to.deep.equal([
      `out/${'x'.repeat(200)}`,
      `out/${'x'.repeat(200)}-2`,
      `out/${'日'.repeat(66)}`,
    ])
  })
})
