// The view of where a network is not sure.

import { expect } from 'chai'
import { heatOf, leastSure, uncertaintyOf } from '../../web/src/teach/uncertainty.ts'

describe('the uncertainty', () => {
  it('is 0 where one class has all, 1 where all classes have the same, and between the two by the highest', () => {
    const data = Float32Array.of(1, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0.25, 0.5, 0.25)
    const { values } = uncertaintyOf({ data, width: 3, height: 1, classes: 3 })
    expect([values[0], values[1]].map(value => Number(value.toFixed(6)))).to.deep.equal([0, 1])
    expect(values[2]).to.be.closeTo(0.75, 1e-6)
  })

  it('is the highest around a pixel, not at a single one, and never where something is painted', () => {
    const values = new Float32Array(8 * 6)
    values[8 * 4 + 1] = 1
    for (const [x, y] of [
      [5, 1],
      [6, 1],
      [5, 2],
      [6, 2],
    ])
      values[8 * y + x] = 0.6
    const map = { width: 8, height: 6, values }
    const found = leastSure(map, () => false)!
    expect([5, 6]).to.include(Math.floor(found.x * 8))
    expect([1, 2]).to.include(Math.floor(found.y * 6))
    const other = leastSure(map, ({ x }) => x > 0.5)!
    expect(Math.abs(Math.floor(other.x * 8) - 1)).to.be.at.most(1)
    expect(Math.abs(Math.floor(other.y * 6) - 4)).to.be.at.most(1)
    expect(leastSure(map, () => true)).to.equal(undefined)
  })

  it('is drawn as nothing where the network is sure, and opaque where it is not', () => {
    const heat = heatOf({ width: 2, height: 1, values: Float32Array.of(0, 1) })
    expect([heat[3], heat[7]]).to.deep.equal([0, 255])
  })
})
