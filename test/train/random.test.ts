import { expect } from 'chai'
import { philox, randomInteger, randomOrder, randomSource } from '../../src/train/random.ts'

describe('random', () => {
  /** The known answers that the generator's authors publish with Random123. */
  it('philox4x32-10 gives its authors’ known answers', () => {
    const ones = 0xffffffff
    const hex = (words: number[]) => words.map(word => word.toString(16).padStart(8, '0')).join(' ')
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).to.equal('6627e8d5 e169c58d bc57ac4c 9b00dbd8')
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).to.equal(
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    )
    const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
    expect(hex(philox(pi, [0xa4093822, 0x299f31d0]))).to.equal('d16cfe09 94fdcceb 5001e420 24126ea1')
  })

  const first = (count: number, ...source: Parameters<typeof randomSource>) => {
    const random = randomSource(...source)
    return Array.from({ length: count }, random)
  }

  it('gives the same numbers for the same key, and others for any other key', () => {
    const numbers = first(9, 1, 'augment', 2, 3)
    expect(first(9, 1, 'augment', 2, 3)).to.deep.equal(numbers)
    const others = [
      first(9, 2, 'augment', 2, 3),
      first(9, 1, 'shuffle', 2, 3),
      first(9, 1, 'augment', 3, 3),
      first(9, 1, 'augment', 2, 4),
      first(9, 1, 'augment', 3, 2),
    ].flat()
    expect(new Set([...numbers, ...others]).size).to.equal(9 * 6)
  })

  it('is uniform in [0, 1)', () => {
    const numbers = first(20_000, 5, 'augment')
    for (const value of numbers) expect(value).to.be.within(0, 1 - 2 ** -32)
    const mean = numbers.reduce((a, b) => a + b) / numbers.length
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length
    expect(mean).to.be.closeTo(1 / 2, 0.01)
    expect(variance).to.be.closeTo(1 / 12, 0.003)
  })

  it('gives whole numbers of every value below the bound', () => {
    const random = randomSource(1, 'augment')
    const found = new Set(Array.from({ length: 200 }, () => randomInteger(random, 5)))
    expect([...found].sort()).to.deep.equal([0, 1, 2, 3, 4])
  })

  it('gives orders with each number once, and each number equally often at each place', () => {
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0])
    for (let seed = 0; seed < 4000; seed++) {
      const order = randomOrder(randomSource(seed, 'shuffle'), 4)
      expect([...order].sort()).to.deep.equal([0, 1, 2, 3])
      order.forEach((value, place) => {
        counts[place][value]++
      })
    }
    for (const count of counts.flat()) expect(count).to.be.within(880, 1120)
  })
})
