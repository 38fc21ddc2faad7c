import type { RowTile } from '../../src/kernels/convolution/row_products.ts'
import { winogradMultiplyRows } from '../../src/kernels/winograd/winograd_multiply_rows.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { rowTileCases, smallRowTile } from './conv2d_rows.ts'
import { cases, casesWithAnswer, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { winogradProductRun } from './shared/winograd_product.ts'

const forTiles = cases.filter(({ name }) => /^(batch 3|40 → 68|phases of 2,)/.test(name))

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_multiply_rows',
  cases: casesWithAnswer(2),
  run: test => productRun(test, smallRowTile),
  tiles: rowTileCases(forTiles, productRun),
}

function productRun(test: WinogradCase, tile: RowTile) {
  return winogradProductRun(test, winogradMultiplyRows({ ...winogradOptions(test), tile }), 'by row')
}
