import { expect } from 'chai'
import { Flicker } from '../../src/bench/flicker.ts'

type MaskedFrame = Parameters<Flicker['add']>[0]

/** A row of grey pixels with their classes. */
const frame = (greys: number[], mask: number[]): MaskedFrame => ({
  image: { data: Uint8Array.from(greys.flatMap(grey => [grey, grey, grey, 255])) },
  mask: Uint8Array.from(mask),
})

function flickerBetween(before: MaskedFrame, now: MaskedFrame): number | undefined {
  const flicker = new Flicker()
  flicker.add(before)
  flicker.add(now)
  return flicker.mean
}

describe('flicker', () => {
  it('is the share of the still pixels whose class changes', () => {
    const before = frame([10, 20, 30, 40], [0, 0, 1, 1])
    expect(flickerBetween(before, frame([10, 20, 30, 40], [0, 0, 1, 1]))).to.equal(0)
    expect(flickerBetween(before, frame([25, 5, 45, 40], [0, 1, 1, 1]))).to.equal(1 / 4)
    // The picture has changed at two pixels, where another class is right.
    expect(flickerBetween(before, frame([26, 20, 14, 40], [1, 1, 0, 1]))).to.equal(1 / 2)
    expect(flickerBetween(before, frame([200, 200, 200, 200], [1, 1, 0, 0]))).to.equal(undefined)
  })

  it('weighs colours as the eye does', () => {
    const colour = (red: number, green: number, blue: number, id: number): MaskedFrame => ({
      image: { data: Uint8Array.of(red, green, blue, 255) },
      mask: Uint8Array.of(id),
    })
    const black = colour(0, 0, 0, 0)
    expect(flickerBetween(black, colour(0, 0, 139, 1))).to.equal(1)
    expect(flickerBetween(black, colour(0, 28, 0, 1))).to.equal(undefined)
    expect(flickerBetween(black, colour(53, 0, 0, 1))).to.equal(1)
  })

  it('of a video is the mean over its pairs of frames; a frame of another size begins anew', () => {
    const flicker = new Flicker()
    expect(flicker.mean).to.equal(undefined)
    flicker.add(frame([0, 0], [0, 0]))
    expect(flicker.mean).to.equal(undefined)
    flicker.add(frame([0, 0], [0, 1]))
    flicker.add(frame([0, 0], [1, 0]))
    expect(flicker.mean).to.equal((0.5 + 1) / 2)
    flicker.add(frame([0, 0, 0], [1, 0, 0]))
    flicker.add(frame([99, 99, 99], [0, 0, 0]))
    expect(flicker.mean).to.equal((0.5 + 1) / 2)
    flicker.add(frame([99, 99, 99], [0, 0, 0]))
    expect(flicker.mean).to.equal((0.5 + 1 + 0) / 3)
  })
})
