// Strokes that are held back from training, and the score on them.

import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { divide } from '../../web/src/teach/held_back.ts'
import { heldScore } from '../../web/src/teach/held_score.ts'
import { Strokes } from '../../web/src/teach/strokes.ts'

const _ = IGNORE_INDEX

/** One character a pixel: a class, or a dot. */
function strokesOf(...rows: string[]): Strokes {
  const mask = Uint8Array.from(rows.join(''), c => (c === '.' ? _ : Number(c)))
  return Strokes.from({ mask, width: rows[0].length, height: rows.length }, { hasCopy: false })
}

const shown = (labels: Uint8Array, width: number) =>
  Array.from({ length: labels.length / width }, (_row, y) =>
    Array.from(labels.subarray(y * width, (y + 1) * width), l => (l === _ ? '.' : String(l))).join(''),
  )

describe('strokes held back', () => {
  it('are each fifth of a class, in the order of photos and rows; what touches is one stroke', () => {
    const first = strokesOf('0.1.0.1.0', '0.1.0.1.0', '.........', '111.1.0.0', '..1.1....')
    const second = strokesOf('.1.1..0', '1......', '..1.1..')
    const { learned, held, strokes } = divide([
      ['a', first],
      ['b', second],
    ])
    expect(strokes).to.equal(2)
    expect(shown(held.get('a')!, 9)).to.deep.equal([
      ...['.........', '.........', '.........', '........0', '.........'],
    ])
    expect(shown(learned.get('a')!, 9)[3]).to.equal('111.1.0..')
    expect(shown(held.get('b')!, 7)).to.deep.equal(['.1.....', '.......', '.......'])
    expect(shown(learned.get('b')!, 7)).to.deep.equal(['...1..0', '1......', '..1.1..'])
    expect(first.labels[3 * 9 + 8]).to.equal(0)
  })

  it('joins arms that meet below, as in a U and in a spiral', () => {
    const shape = strokesOf('1.1.11111', '1.1.1...1', '111.1.1.1', '....1.111', '0.0.1....', '....11111')
    const { strokes, learned } = divide([['a', shape]])
    expect(strokes).to.equal(0)
    expect(learned.get('a')).to.equal(shape.labels)
    const dots = strokesOf('1.1.1.1.1', '.........', '0.0.0.0.0')
    const { held } = divide([
      ['a', shape],
      ['b', dots],
    ])
    expect(shown(held.get('b')!, 9)).to.deep.equal(['....1....', '.........', '....0....'])
  })

  it('are none where one class alone has enough of them, and none of a copied mask', () => {
    const few = strokesOf('1.1.1.1.1', '.........', '0.0.0.0..')
    expect(divide([['a', few]]).held.size).to.equal(0)
    const enough = strokesOf('1.1.1.1.1', '.........', '0.0.0.0.0')
    expect(divide([['a', enough]]).strokes).to.equal(2)
    enough.copy({ mask: Uint8Array.of(2), width: 1, height: 1 })
    expect(divide([['a', enough]]).strokes).to.equal(0)
  })

  it('are scored on their pixels alone, and said so', () => {
    const strokes = strokesOf('1.1.1.1.11', '..........', '0.0.0.0.00')
    const division = divide([['a', strokes]])
    const mask = new Uint8Array(30).fill(2).fill(1, 8, 10).fill(0, 28, 29).fill(1, 29, 30)
    expect(heldScore(division, new Map([['a', mask]]), ['sky', 'sea', 'boat'])).to.equal(
      'On 2 strokes held back from training (4 pixels): mean IoU 58%: sky 50%, sea 67%.',
    )
    const none = divide([['a', strokesOf('01')]])
    expect(heldScore(none, new Map(), ['sky', 'sea'])).to.equal(
      'Nothing was held back: a check takes five separate strokes of each of two classes, without a copied mask.',
    )
  })
})
