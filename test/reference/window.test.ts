import { expect } from 'chai'
import { outputSize, padding, samePadding } from './window.ts'

describe('window geometry', () => {
  it('SAME puts the odd pixel at the bottom and the right, as TensorFlow does', () => {
    const size = [3, 5] as const
    const at224 = samePadding(224, 224, { size, stride: 2, dilation: 1 })
    expect(at224).to.deep.equal({ top: 0, bottom: 1, left: 1, right: 2 })
    const at513 = samePadding(513, 513, { size, stride: 2, dilation: 1 })
    expect(at513).to.deep.equal({ top: 1, bottom: 1, left: 2, right: 2 })
  })

  it('SAME counts the dilation, and never pads by less than nothing', () => {
    expect(samePadding(33, 33, { size: [3, 3], stride: 1, dilation: 6 })).to.deep.equal(padding(6))
    expect(samePadding(7, 8, { size: [1, 1], stride: 2, dilation: 1 })).to.deep.equal(padding(0))
  })

  it('SAME makes a map of ceil(length / stride)', () => {
    for (const length of [1, 2, 7, 16, 33]) {
      for (const stride of [1, 2, 3]) {
        const window = { size: [3, 7], stride, dilation: 2 } as const
        const map = outputSize(length, length, { ...window, padding: samePadding(length, length, window) })
        expect(map).to.deep.equal([Math.ceil(length / stride), Math.ceil(length / stride)])
      }
    }
  })
})
