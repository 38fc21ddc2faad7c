import { expect } from 'chai'
import { decodeRle } from '../../src/data/coco_rle.ts'
import { UserError } from '../../src/errors.ts'
import { randomSource } from '../reference/random.ts'

/** COCO's packing, as described in maskApi.c: the inverse of the tested function. */
function pack(runs: number[]): string {
  return runs
    .map((run, i) => {
      let value = i > 2 ? run - runs[i - 2] : run
      let text = ''
      for (;;) {
        const bits = value & 31
        value >>= 5
        const isLast = value === (bits & 16 ? -1 : 0)
        text += String.fromCharCode(48 + bits + (isLast ? 0 : 32))
        if (isLast) return text
      }
    })
    .join('')
}

describe('decodeRle', () => {
  it('runs down the columns', () => {
    const bitmap = decodeRle({ size: [2, 3], counts: [1, 2, 2, 1] })
    expect([...bitmap]).to.deep.equal([0, 1, 0, 1, 0, 1])
  })

  it('may begin with ones', () => {
    expect([...decodeRle({ size: [1, 3], counts: [0, 2, 1] })]).to.deep.equal([1, 1, 0])
  })

  it('unpacks what pycocotools packed', () => {
    const size: [number, number] = [9, 10]
    const runs = [6, 1, 40, 4, 5, 4, 5, 4, 21]
    expect(pack(runs)).to.equal('61X13mN000`0')
    expect(decodeRle({ size, counts: '61X13mN000`0' })).to.deep.equal(decodeRle({ size, counts: runs }))
  })

  it('unpacks runs of every length', () => {
    const next = randomSource(1)
    for (let round = 0; round < 20; round++) {
      const runs = Array.from({ length: 12 }, () => Math.floor(2 ** (next() * 15)))
      const size: [number, number] = [1, runs.reduce((a, b) => a + b)]
      expect(decodeRle({ size, counts: pack(runs) })).to.deep.equal(decodeRle({ size, counts: runs }))
    }
  })

  it('refuses runs that do not fill the bitmap', () => {
    for (const counts of [[1, 2], [1, 6], ''])
      expect(() => decodeRle({ size: [2, 3], counts }), String(counts)).to.throw(
        UserError,
        'a run-length mask of 6 pixels has runs for',
      )
  })

  it('refuses runs that are not whole numbers', () => {
    const odd = [[5, -1, 2], [0.5, 5.5], ['1', '5'], [null, 6], [6, Number.NaN], {}, [1e300, -1e300, 6]]
    for (const counts of odd)
      expect(() => decodeRle({ size: [2, 3], counts: counts as number[] }), JSON.stringify(counts)).to.throw(
        UserError,
        'a run-length mask of 6 pixels has runs that are not whole numbers',
      )
  })

  it('refuses text that is not packed runs', () => {
    for (const counts of ['zz', '6 ', '6\u001b', 'o', 'oooooooooo0', 'é'])
      expect(() => decodeRle({ size: [2, 3], counts }), counts).to.throw(
        UserError,
        'a run-length mask is cut short, or holds a character that means no run',
      )
  })
})
