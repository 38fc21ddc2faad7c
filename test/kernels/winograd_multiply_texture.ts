import { winogradMultiplyTexture } from '../../src/kernels/winograd/winograd_multiply_subgroup.ts'
import type { KernelCases, KernelSuite } from '../support/kernel_suite.ts'
import { throughTextures } from '../support/through_textures.ts'
import { casesWithAnswer, type WinogradCase, winogradOptions } from './shared/winograd.ts'
import { winogradProductRun } from './shared/winograd_product.ts'

const all: KernelCases<WinogradCase> = {
  cases: casesWithAnswer(2),
  run: (test, { subgroupSize = 0 }) =>
    winogradProductRun(test, winogradMultiplyTexture({ ...winogradOptions(test), subgroupSize })),
}

export const suite: KernelSuite<WinogradCase> = {
  shader: 'winograd_multiply_texture',
  needs: 'subgroups',
  ...all,
  variants: throughTextures(all, ['tiles', 'weight']),
}
