import { expect } from 'chai'
import { narrow, widen } from '../../src/weights/dtype.ts'
import type { HostTensor } from '../../src/weights/tensor.ts'

type Dtype = HostTensor['dtype']

/** All 65 536 bit patterns, widened. */
function allValues(dtype: Dtype): Float32Array {
  return widen(new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer), dtype) as Float32Array
}

function bitsOf(values: Float32Array, dtype: Dtype): Uint16Array {
  return new Uint16Array(narrow({ dtype, shape: [values.length], data: values }).buffer)
}

describe('dtypes', () => {
  for (const dtype of ['f16', 'bf16'] as const) {
    it(`${dtype}: every value survives widening and narrowing`, () => {
      const values = allValues(dtype)
      const bits = bitsOf(values, dtype)
      const broken = [...values].findIndex((value, i) => !Number.isNaN(value) && bits[i] !== i)
      expect(broken).to.equal(-1)
      expect(
        Number.isNaN(widen(new Uint8Array(bitsOf(Float32Array.of(Number.NaN), dtype).buffer), dtype)[0]),
      ).to.equal(true)
    })

    it(`${dtype}: rounds to the nearer value, and ties to even`, () => {
      const values = allValues(dtype)
      const last = dtype === 'f16' ? 0x7bff : 0x7f7f
      // Positive values increase with their bits. The midpoint of two neighbours is exact in f32.
      const lower = Uint16Array.from({ length: last }, (_, i) => i)
      const between = (share: number) =>
        Float32Array.from(lower, i => values[i] + (values[i + 1] - values[i]) * share)
      expect(bitsOf(between(0.25), dtype)).to.deep.equal(lower)
      expect(bitsOf(between(0.75), dtype)).to.deep.equal(lower.map(i => i + 1))
      expect(bitsOf(between(0.5), dtype)).to.deep.equal(lower.map(i => i + (i & 1)))
    })
  }

  it('f16: values that are too large become infinity', () => {
    expect([...bitsOf(Float32Array.of(65519, 65520, -1e30), 'f16')]).to.deep.equal([0x7bff, 0x7c00, 0xfc00])
  })
})
