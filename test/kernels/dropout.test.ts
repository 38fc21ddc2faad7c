import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { dropout } from '../../src/kernels/elementwise/dropout.ts'

describe('dropout', () => {
  it('cannot drop everything: the values that it keeps would be divided by zero', () => {
    const make = (p: number) => () => dropout({ label: 'aspp.dropout', shape: [1, 1, 1, 4], p, seed: 1 })
    for (const p of [1, -0.1, Number.NaN]) expect(make(p)).to.throw(UserError, 'aspp.dropout')
  })
})
