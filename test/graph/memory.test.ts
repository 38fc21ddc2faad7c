import { expect } from 'chai'
import { type ArenaPlace, assignPlaces, type Lifetime } from '../../src/graph/plan/memory.ts'
import { randomSource } from '../reference/random.ts'

const roomy = { alignment: 256, largest: Infinity }

/** A pair of tensors that are alive at the same time and share a byte. */
function clash(lifetimes: Lifetime[], places: ArenaPlace[]): [number, number] | undefined {
  for (let a = 0; a < lifetimes.length; a++)
    for (let b = 0; b < a; b++) {
      const inTime = lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last
      const inMemory =
        places[a].buffer === places[b].buffer &&
        places[a].offset < places[b].offset + lifetimes[b].bytes &&
        places[b].offset < places[a].offset + lifetimes[a].bytes
      if (inTime && inMemory) return [a, b]
    }
  return undefined
}

function randomLifetimes(random: () => number): Lifetime[] {
  const upTo = (limit: number) => Math.floor(random() * limit)
  return Array.from({ length: 1 + upTo(30) }, () => {
    const first = upTo(20)
    return { bytes: 1 + upTo(5000), first, last: first + upTo(6) }
  })
}

describe('assignPlaces', () => {
  for (const largest of [Infinity, 20480, 6144])
    it(`never lets two live tensors share a byte, in buffers of at most ${largest} bytes`, () => {
      const random = randomSource(7)
      let most = 0
      for (let round = 0; round < 300; round++) {
        const lifetimes = randomLifetimes(random)
        const { places, bufferBytes } = assignPlaces(lifetimes, { alignment: 256, largest })
        expect(clash(lifetimes, places)).to.equal(undefined)
        lifetimes.forEach((lifetime, i) => {
          const { buffer, offset } = places[i]
          expect(offset % 256).to.equal(0)
          expect(offset + lifetime.bytes).to.be.at.most(bufferBytes[buffer])
        })
        for (const bytes of bufferBytes) expect(bytes).to.be.at.most(largest)
        most = Math.max(most, bufferBytes.length)
      }
      if (largest === Infinity) expect(most).to.equal(1)
      else expect(most).to.be.above(1)
    })

  it('places all as in one large buffer, if that is not too large', () => {
    const random = randomSource(8)
    for (let round = 0; round < 50; round++) {
      const lifetimes = randomLifetimes(random)
      const { places, bufferBytes } = assignPlaces(lifetimes, roomy)
      const exact = { alignment: 256, largest: bufferBytes[0] }
      expect(assignPlaces(lifetimes, exact)).to.deep.equal({ places, bufferBytes })
    }
  })

  it('gives a chain the memory of its two largest neighbours', () => {
    const chain = [100, 300, 200, 400, 100].map((kib, i) => ({ bytes: kib * 1024, first: i, last: i + 1 }))
    expect(assignPlaces(chain, roomy).bufferBytes).to.deep.equal([600 * 1024])
  })

  it('needs no memory for no tensors', () => {
    expect(assignPlaces([], roomy)).to.deep.equal({ places: [], bufferBytes: [] })
  })
})
