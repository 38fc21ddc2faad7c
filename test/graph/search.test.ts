import { expect } from 'chai'
import { registerTiles, stagedTileName, stagedTiles, tileName } from '../../src/graph/convolution/space.ts'
import { candidateOn, type LayerCandidate } from '../../src/graph/tune/performance_model.ts'
import { Search } from '../../src/graph/tune/search.ts'

const shape = (pixels: number) => ({ pixels, inChannels: 64, outChannels: 64, taps: 9 })
const names = [
  ...['conv2d', 'winograd_4'],
  ...registerTiles(64).map(tile => `conv2d ${tileName(tile)}`),
  ...stagedTiles({}).map(tile => `conv2d_tiled ${stagedTileName(tile)}`),
]
const layerOf = (convolution: string, pixels: number): LayerCandidate[] =>
  names.map(name => candidateOn({ convolution, shape: shape(pixels) }, { name, work: pixels * 1000 }))

/** A GPU on which some parts of a tile are faster than others, and each tile has a whim of its own. */
function millisecondsOf({ name, work, parts }: LayerCandidate): number {
  const factors: Record<string, number> = {
    conv2d: 3,
    winograd_4: 2,
    '8×8': 1.5,
    '2×8': 1.8,
    'depth 32': 1.4,
  }
  const whim = 1 + ([...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % 20) / 100
  return (work / 1e4) * whim * parts.reduce((product, part) => product * (factors[part] ?? 1), 1)
}

/** Tries candidates of a layer until the search ends. */
function run(search: Search, candidates: LayerCandidate[], secondsOf: (candidate: LayerCandidate) => number) {
  const left = new Set(candidates)
  const tried: string[] = []
  let best = Infinity
  let next: LayerCandidate | undefined = candidates[0]
  while (next) {
    left.delete(next)
    tried.push(next.name)
    const milliseconds = millisecondsOf(next)
    search.observe(next, { milliseconds, seconds: secondsOf(next) })
    best = Math.min(best, milliseconds)
    next = search.next(left, best)
  }
  return { tried, regret: best / Math.min(...candidates.map(millisecondsOf)) - 1 }
}

describe('the search for the fastest candidate', () => {
  it('finds one within 5 % by few tries, and by fewer on later layers', () => {
    const search = new Search()
    const runs = [1000, 1200, 900, 1500].map((pixels, i) =>
      run(search, layerOf(`layer ${i}`, pixels), () => 0.1),
    )
    for (const { regret } of runs) expect(regret).to.be.below(0.05)
    const [first, ...others] = runs.map(({ tried }) => tried.length)
    expect(first).to.be.below(names.length * 0.7)
    for (const count of others) expect(count).to.be.below(names.length * 0.25)
  })

  it('tries a strategy that is far slower only a few times', () => {
    const { tried } = run(new Search(), layerOf('layer', 1000), () => 0.1)
    const slow = names.filter(name => name.startsWith('conv2d '))
    expect(tried.filter(name => slow.includes(name)).length).to.be.below(slow.length / 2)
  })

  it('tries fewer candidates where a try takes long, and splits of the same code for nothing', () => {
    const candidates = layerOf('layer', 1000)
    const cheap = run(new Search(), candidates, () => 0).tried.length
    const dear = run(new Search(), candidates, () => 10).tried.length
    expect(dear).to.be.below(cheap / 2)

    const search = new Search()
    const [first] = candidates
    search.observe(first, { milliseconds: 10, seconds: 1000 })
    expect(search.next(candidates.slice(1), 10), 'too dear').to.equal(undefined)
    const split = { ...first, name: `${first.name}, 4 splits` }
    expect(search.next([...candidates.slice(1), split], 20)).to.equal(split)
  })
})
