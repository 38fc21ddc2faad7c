import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { dropout } from '../../src/kernels/dropout.ts'
import { cases } from '../cases/dropout.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { dropoutRun } from './dropout.ts'

describe('kernel dropout', () => {
  for (const test of cases) it(test.name, async () => verify(await testGpu(), dropoutRun(test)))

  it('cannot drop everything: what is kept would be divided by zero', () => {
    const make = (p: number) => () => dropout({ label: 'aspp.dropout', shape: [1, 1, 1, 4], p, seed: 1 })
    for (const p of [1, -0.1, Number.NaN]) expect(make(p)).to.throw(UserError, 'aspp.dropout')
  })
})
