import { expect } from 'chai'
import { samePadding, symmetric, type Window, windowedSize } from '../../src/kernels/geometry.ts'

/** Every combination of kernel, stride and dilation along the two axes, small enough to try out. */
const windows: Omit<Window, 'padding'>[] = [1, 2, 3].flatMap(stride =>
  [1, 2, 3].flatMap(dilation =>
    (
      [
        [1, 1],
        [3, 3],
        [2, 5],
        [7, 3],
      ] as const
    ).map(kernel => ({ kernel, stride, dilation })),
  ),
)
const maps = [
  { h: 1, w: 1 },
  { h: 8, w: 9 },
  { h: 17, w: 12 },
]

/** How many times a window fits into a line of so many pixels, tried one by one. */
function fits(
  length: number,
  { taps, stride, dilation }: { taps: number; stride: number; dilation: number },
) {
  let count = 0
  while (count * stride + (taps - 1) * dilation < length) count++
  return count
}

describe('the geometry of windows', () => {
  it('makes a map of as many pixels as a window has places', () => {
    const padding = { top: 1, bottom: 2, left: 3, right: 0 }
    for (const { h, w } of maps)
      for (const window of windows) {
        const { kernel, stride, dilation } = window
        const size = windowedSize({ h, w }, { ...window, padding })
        const expected = {
          h: fits(h + 3, { taps: kernel[0], stride, dilation }),
          w: fits(w + 3, { taps: kernel[1], stride, dilation }),
        }
        // Where the window does not fit, the size is below 1.
        expect({ h: Math.max(0, size.h), w: Math.max(0, size.w) }).to.deep.equal(expected)
      }
  })

  it('of SAME padding makes a map of ⌈size / stride⌉ with the least padding, the odd pixel at the bottom and right', () => {
    for (const map of maps)
      for (const window of windows) {
        const padding = samePadding(map, window)
        const { top, bottom, left, right } = padding
        const sizes = { h: Math.ceil(map.h / window.stride), w: Math.ceil(map.w / window.stride) }
        expect(windowedSize(map, { ...window, padding })).to.deep.equal(sizes)
        expect([bottom - top, right - left]).to.satisfy((odd: number[]) => odd.every(n => n === 0 || n === 1))
        if (bottom > 0)
          expect(windowedSize(map, { ...window, padding: { ...padding, bottom: bottom - 1 } }).h).to.be.below(
            sizes.h,
          )
        if (right > 0)
          expect(windowedSize(map, { ...window, padding: { ...padding, right: right - 1 } }).w).to.be.below(
            sizes.w,
          )
      }
  })

  it('of symmetric padding has the same on all sides', () => {
    expect(symmetric(2)).to.deep.equal({ top: 2, bottom: 2, left: 2, right: 2 })
  })
})
