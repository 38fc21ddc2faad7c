import { expect } from 'chai'
import { resultNamer } from '../../src/cli/output.ts'

describe('resultNamer', () => {
  it('leaves room for extensions and numbers after names of 255 bytes', () => {
    const latin = `${'x'.repeat(251)}.jpg`
    const wide = `${'日'.repeat(83)}.png`
    const { photo } = resultNamer()
    expect([latin, latin, wide].map(input => photo(input))).to.deep.equal([
      `${'x'.repeat(200)}`,
      `${'x'.repeat(200)}-2`,
      `${'日'.repeat(66)}`,
    ])
  })

  it('gives an archive a folder in which no photo of a folder has results, whichever comes first', () => {
    const first = resultNamer()
    expect([
      first.photo('in/x/a.jpg', 'x'),
      first.archive('x.tar'),
      first.archive('other/X.tar'),
      first.photo('in/x/y/a.jpg', 'x/y'),
    ]).to.deep.equal(['x/a', 'x-2', 'X-3', 'x/y/a'])
    const last = resultNamer()
    expect([
      last.archive('x.tar'),
      last.photo('in/x/y/a.jpg', 'x/y'),
      last.photo('in/X/a.jpg', 'X'),
      last.photo('in/x-2/y/a.jpg', 'x-2/y'),
      last.photo('x.jpg'),
    ]).to.deep.equal(['x', 'x-2/y/a', 'X-3/a', 'x-2-2/y/a', 'x'])
  })

  it('tells names apart that a file system takes for one: by case, or by how an accent is written', () => {
    const { photo } = resultNamer()
    const names = ['É.jpg', 'e\u0301.jpg', 'é.png', '\ud800.png', '\ufffd.png']
    expect(names.map(name => photo(name))).to.deep.equal(['É', 'e\u0301-2', 'é-3', '\ud800', '\ufffd-2'])
  })

  it('keeps a name of points as it is, so that who makes paths can refuse it', () => {
    const { photo } = resultNamer()
    expect(['...jpg', '..png'].map(name => photo(name, 'a'))).to.deep.equal(['a/..', 'a/.'])
  })
})
