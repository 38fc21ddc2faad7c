import { expect } from 'chai'
import { compare } from '../../src/bench/compare.ts'
import { MILLISECONDS_A_CALL, useCountedClock } from '../support/counted_clock.ts'

describe('bench/compare', () => {
  const clock = useCountedClock()

  it('runs both turn about, and takes the shortest time of each but the first', async () => {
    const calls: string[] = []
    const takes = { a: [0, 60, 20, 40], b: [0, 50, 90, 70] }
    const work = (name: 'a' | 'b') => async () => {
      calls.push(name)
      clock.time += takes[name].shift()!
    }
    const [a, b] = await compare([work('a'), work('b')], { atLeast: 3, milliseconds: 0 })
    expect(calls.join('')).to.equal('abababab')
    expect([a, b]).to.deep.equal([20 + MILLISECONDS_A_CALL, 50 + MILLISECONDS_A_CALL])
  })
})
