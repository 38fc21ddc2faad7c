import { accumulateProbabilities } from '../../src/kernels/resizing/accumulate_probabilities.ts'
import { accumulateProbabilities as reference } from '../reference/accumulate_probabilities.ts'
import { randomArray4, type Shape4, zeros } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  logits: Shape4
  /** of the accumulator */
  height: number
  width: number
  alignCorners: boolean
  flip: boolean
  weight: number
  seed: number
}

const plain = { alignCorners: false, flip: false, weight: 1, seed: 1 } as const

const cornersAligned: Case = {
  ...plain,
  name: 'enlarge, corners aligned',
  logits: [1, 9, 7, 3],
  height: 33,
  width: 26,
  alignCorners: true,
}
const mirrored: Case = {
  ...plain,
  name: 'enlarge, mirrored, a third',
  logits: [1, 9, 7, 21],
  height: 33,
  width: 26,
  flip: true,
  weight: 1 / 3,
}
const cases: Case[] = [
  { ...plain, name: 'one class', logits: [1, 3, 5, 1], height: 6, width: 7 },
  { ...plain, name: 'one pixel, batch 3', logits: [3, 1, 1, 21], height: 5, width: 7, flip: true },
  { ...plain, name: 'same size, mirrored', logits: [1, 17, 13, 5], height: 17, width: 13, flip: true },
  cornersAligned,
  mirrored,
  {
    ...plain,
    name: 'enlarge, corners aligned, mirrored, batch 3',
    logits: [3, 5, 9, 24],
    height: 17,
    width: 33,
    alignCorners: true,
    flip: true,
    weight: 0.25,
  },
  { ...plain, name: 'shrink (a scale above 1)', logits: [2, 17, 13, 21], height: 9, width: 6, weight: 0.5 },
  { ...plain, name: '150 classes', logits: [1, 5, 3, 150], height: 17, width: 11 },
  {
    ...plain,
    name: 'enlarge a little, mirrored, batch 2',
    logits: [2, 3, 2, 5],
    height: 5,
    width: 4,
    flip: true,
    weight: 0.25,
    answer: true,
  },
  {
    ...plain,
    name: '257×257 from output stride 16',
    logits: [1, 17, 17, 21],
    height: 257,
    width: 257,
    flip: true,
    weight: 0.5,
    bench: true,
  },
]

/** Adds to the case's accumulator; the first view has none. `shift` is added to every logit, which changes nothing but rounding. */
export function accumulateProbabilitiesRun(test: Case, { first = false, shift = 0 } = {}): KernelRun {
  const { name: label, logits: input, height, width, alignCorners, flip, weight, seed } = test
  const logits = randomArray4(input, seed, 4)
  logits.data = logits.data.map(logit => Math.fround(logit + shift))
  const shape = [input[0], height, width, input[3]] as const
  const accumulator = first ? zeros(shape) : randomArray4(shape, seed + 1)
  const operands = { logits, accumulator, alignCorners, flip, weight }
  return {
    kernel: accumulateProbabilities({ label, input, height, width, alignCorners, flip, weight, first }),
    data: { logits: toGpu(logits), ...(!first && { accumulator: toGpu(accumulator) }) },
    expected: { accumulator: activations(() => reference(operands), { rtol: tolerance(input[3]) }) },
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'accumulate_probabilities',
  cases,
  run: test => accumulateProbabilitiesRun(test),
  variants: {
    'the first view, which overwrites the accumulator': {
      cases: [
        cases[0],
        mirrored,
        {
          ...plain,
          name: 'shrink, corners aligned',
          logits: [1, 4, 5, 3],
          height: 3,
          width: 3,
          alignCorners: true,
          answer: true,
        },
      ],
      run: test => accumulateProbabilitiesRun(test, { first: true }),
    },
    'logits so low that the zeros of padding would outweigh them': {
      cases: [cornersAligned],
      run: test => accumulateProbabilitiesRun(test, { shift: -120 }),
    },
  },
}
