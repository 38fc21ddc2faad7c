import { expect } from 'chai'
import { repeat, summary } from '../../src/bench/repeat.ts'

describe('bench/repeat', () => {
  it('sums measurements up, quartiles in proportion between neighbours', () => {
    expect(summary([7, 1, 3, 100])).to.deep.equal({
      ...{ median: 5, minimum: 1, count: 4 },
      interquartileRange: 7 + 93 / 4 - 2.5,
    })
    expect(summary([2])).to.deep.equal({ median: 2, minimum: 2, interquartileRange: 0, count: 1 })
    expect(summary([30, 10, 20, 50, 40])).to.deep.equal({
      ...{ median: 30, minimum: 10, count: 5 },
      interquartileRange: 20,
    })
  })

  it('measures as often and as long as it is told', async () => {
    let next = 0
    const measure = async () => next++
    expect(await repeat(measure, { atLeast: 3, milliseconds: 0 })).to.deep.equal([0, 1, 2])
    expect(await repeat(measure, { atLeast: 0, milliseconds: 0 })).to.deep.equal([])
    expect(await repeat(measure, { atLeast: 1, atMost: 4, milliseconds: 60_000 })).to.have.length(4)

    const slow = () => new Promise<number>(resolve => setTimeout(resolve, 20, 20))
    const start = performance.now()
    const times = await repeat(slow, { atLeast: 2, milliseconds: 100 })
    expect(performance.now() - start).to.be.at.least(99)
    expect(times.length).to.be.within(2, 6) // a timer may be a millisecond early, and is late on a busy machine
  })
})
