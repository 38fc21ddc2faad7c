import { expect } from 'chai'
import { compare } from '../../src/bench/compare.ts'

describe('bench/compare', () => {
  it('runs both turn about, and takes the shortest time of each but the first', async () => {
    const calls: string[] = []
    const waits = { a: [0, 60, 20, 40], b: [0, 50, 90, 70] }
    const work = (name: 'a' | 'b') => () => {
      calls.push(name)
      return new Promise(resolve => setTimeout(resolve, waits[name].shift()))
    }
    const [a, b] = await compare([work('a'), work('b')], { atLeast: 3, milliseconds: 0 })
    expect(calls.join('')).to.equal('abababab')
    expect(a).to.be.within(19, 39)
    expect(b).to.be.within(49, 69)
  })
})
