import { expect } from 'chai'
import { assignOffsets, type Lifetime } from '../../src/graph/plan/memory.ts'
import { randomSource } from '../reference/random.ts'

/** A pair of tensors that are alive at the same time and share a byte. */
function clash(lifetimes: Lifetime[], offsets: number[]): [number, number] | undefined {
  for (let a = 0; a < lifetimes.length; a++)
    for (let b = 0; b < a; b++) {
      const inTime = lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last
      const inMemory =
        offsets[a] < offsets[b] + lifetimes[b].bytes && offsets[b] < offsets[a] + lifetimes[a].bytes
      if (inTime && inMemory) return [a, b]
    }
  return undefined
}

describe('assignOffsets', () => {
  it('never lets two live tensors share a byte', () => {
    const random = randomSource(7)
    const upTo = (limit: number) => Math.floor(random() * limit)
    for (let round = 0; round < 300; round++) {
      const lifetimes = Array.from({ length: 1 + upTo(30) }, () => {
        const first = upTo(20)
        return { bytes: 1 + upTo(5000), first, last: first + upTo(6) }
      })
      const { offsets, bytes } = assignOffsets(lifetimes, 256)
      expect(clash(lifetimes, offsets)).to.equal(undefined)
      lifetimes.forEach((lifetime, i) => {
        expect(offsets[i] % 256).to.equal(0)
        expect(offsets[i] + lifetime.bytes).to.be.at.most(bytes)
      })
    }
  })

  it('gives a chain the memory of its two largest neighbours', () => {
    const chain = [100, 300, 200, 400, 100].map((kib, i) => ({ bytes: kib * 1024, first: i, last: i + 1 }))
    expect(assignOffsets(chain, 256).bytes).to.equal(600 * 1024)
  })

  it('needs no memory for no tensors', () => {
    expect(assignOffsets([], 256)).to.deep.equal({ offsets: [], bytes: 0 })
  })
})
