import { softmax } from '../../src/kernels/elementwise/softmax.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { softmax as reference } from '../reference/softmax.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: Shape4
  /** the logits are uniform in (−scale, scale) */
  scale: number
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const plain = { scale: 4, seed: 1 } as const

const oddMap: Case = { ...plain, name: '5 channels, odd map', input: [1, 17, 13, 5] }
const cases: Case[] = [
  { ...plain, name: 'one channel: all ones', input: [1, 3, 5, 1] },
  { ...plain, name: '3 channels, one row', input: [1, 1, 7, 3] },
  { ...plain, name: '5 channels, batch 2', input: [2, 3, 4, 5], answer: true },
  oddMap,
  { ...plain, name: '21 channels, batch 3', input: [3, 9, 7, 21] },
  { ...plain, name: '24 channels', input: [1, 8, 6, 24] },
  { ...plain, name: '960 channels', input: [1, 5, 3, 960] },
  { ...plain, name: 'logits whose exp overflows float32', input: [1, 9, 7, 21], scale: 200 },
  {
    ...plain,
    name: 'NaN: its pixel is NaN',
    input: [1, 5, 3, 5],
    plant: { value: Number.NaN, at: [0, 2, 1, 3] },
  },
  {
    ...plain,
    name: 'Inf: its pixel is NaN',
    input: [1, 5, 3, 24],
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 2, 1, 23] },
  },
  {
    ...plain,
    name: '−Inf: a probability of zero',
    input: [1, 5, 3, 5],
    plant: { value: Number.NEGATIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  { ...plain, name: 'logits of 21 classes', input: [1, 129, 129, 21], bench: true },
]

/** `shift` is added to every logit, which changes no probability but by rounding. */
function softmaxRun({ name: label, input: shape, scale, seed, plant }: Case, { shift = 0 } = {}): KernelRun {
  const input = plantedArray4(shape, seed, plant, scale)
  input.data = input.data.map(logit => Math.fround(logit + shift))
  return {
    kernel: softmax({ label, shape }),
    data: { input: toGpu(input) },
    expected: { output: activations(() => reference(input), { rtol: tolerance(shape[3]) }) },
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'softmax',
  cases,
  run: test => softmaxRun(test),
  variants: {
    'logits so low that the zeros of padding would outweigh them': {
      cases: [oddMap],
      run: test => softmaxRun(test, { shift: -120 }),
    },
  },
}
