import { expect } from 'chai'
import { IGNORE_INDEX } from '../../src/data/dataset.ts'
import { floodFill } from '../../web/src/teach/flood_fill.ts'
import { processorMilliseconds } from '../support/processor_time.ts'

/** Grey pixels, and labels; by default nothing is painted. */
function pictureOf(greys: Uint8Array, width: number, labels?: Uint8Array) {
  const data = new Uint8Array(greys.length * 4)
  for (let i = 0; i < data.length; i++) data[i] = greys[i >> 2]
  labels ??= new Uint8Array(greys.length).fill(IGNORE_INDEX)
  return { data, labels, width, height: greys.length / width }
}

/** 1 for each pixel of the runs; a pixel in two of them is 2. */
function filledBy(runs: readonly number[], pixels: number): Uint8Array {
  const filled = new Uint8Array(pixels)
  for (let i = 0; i < runs.length; i += 2) for (let p = runs[i]; p < runs[i + 1]; p++) filled[p]++
  return filled
}

/** Pixel by pixel. */
function reference(
  { data, labels, width, height }: ReturnType<typeof pictureOf>,
  from: number,
  most: number,
) {
  const filled = new Uint8Array(labels.length)
  const open = [from]
  while (open.length > 0) {
    const pixel = open.pop()!
    const isNear = [0, 1, 2].every(c => Math.abs(data[4 * pixel + c] - data[4 * from + c]) <= most)
    if (filled[pixel] || !isNear || labels[pixel] !== labels[from]) continue
    filled[pixel] = 1
    if (pixel % width > 0) open.push(pixel - 1)
    if (pixel % width < width - 1) open.push(pixel + 1)
    if (pixel >= width) open.push(pixel - width)
    if (pixel < width * (height - 1)) open.push(pixel + width)
  }
  return filled
}

describe('the flood fill', () => {
  it('goes around corners, and not across them, nor from a row to the next', () => {
    const greys = Uint8Array.from('....#' + '.##..' + '.#.#.' + '.#..#' + '..#..', c =>
      c === '.' ? 100 : 200,
    )
    const filled = filledBy(floodFill(pictureOf(greys, 5), 0, 10), greys.length)
    const shown = Array.from(filled, v => '.x'[v]).join('')
    expect(shown).to.equal('xxxx.' + 'x..xx' + 'x...x' + 'x....' + 'xx...')
  })

  it('compares each channel with that of the clicked pixel, not with its neighbour', () => {
    const ramp = Uint8Array.from({ length: 50 }, (_, i) => 4 * i)
    expect(floodFill(pictureOf(ramp, 50), 10, 8)).to.deep.equal([8, 13])
    const picture = pictureOf(Uint8Array.of(9, 9, 9), 3)
    picture.data[6] = 30 // the second pixel's blue
    expect(floodFill(picture, 0, 8)).to.deep.equal([0, 1])
  })

  it('stops at the borders of other strokes', () => {
    const labels = Uint8Array.of(IGNORE_INDEX, IGNORE_INDEX, 3, 3, IGNORE_INDEX)
    const picture = pictureOf(new Uint8Array(5), 5, labels)
    expect(floodFill(picture, 0, 8)).to.deep.equal([0, 2])
    expect(floodFill(picture, 3, 8)).to.deep.equal([2, 4])
  })

  it('fills what a fill pixel by pixel fills, each pixel once', () => {
    let state = 1
    const random = () => {
      state = (state * 48271) % 2147483647
      return state / 2147483647
    }
    for (const [width, height] of [
      [1, 1],
      [1, 40],
      [40, 1],
      [33, 21],
      [64, 48],
    ])
      for (let turn = 0; turn < 8; turn++) {
        const greys = Uint8Array.from({ length: width * height }, () => Math.floor(random() * 4) * 20)
        const labels = greys.map(() => (random() < 0.1 ? 2 : IGNORE_INDEX))
        const picture = pictureOf(greys, width, labels)
        const from = Math.floor(random() * greys.length)
        const filled = filledBy(floodFill(picture, from, 20 + 20 * (turn % 2)), greys.length)
        expect(filled).to.deep.equal(reference(picture, from, 20 + 20 * (turn % 2)))
      }
  })

  it('fills 12 megapixels in a few seconds of the processor, and a comb of thin teeth', async () => {
    const plain = new Uint8Array(4000 * 3000)
    const comb = new Uint8Array(2000 * 1500)
    for (let y = 0; y < 1499; y++) for (let x = 1; x < 2000; x += 2) comb[y * 2000 + x] = 255
    for (const { greys, width, expected } of [
      { greys: plain, width: 4000, expected: 4000 * 3000 },
      { greys: comb, width: 2000, expected: 1000 * 1499 + 2000 },
    ]) {
      const picture = pictureOf(greys, width)
      let runs: readonly number[] = []
      const milliseconds = await processorMilliseconds(() => {
        runs = floodFill(picture, 0, 8)
      })
      let filled = 0
      for (let i = 0; i < runs.length; i += 2) filled += runs[i + 1] - runs[i]
      expect(filled).to.equal(expected)
      expect(milliseconds).to.be.below(5000)
    }
  })
})
