import { accumulateProbabilities } from '../../src/kernels/resizing/accumulate_probabilities.ts'
import { accumulateProbabilities as reference } from '../reference/accumulate_probabilities.ts'
import { randomArray4, type Shape4, zeros } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { randomValues } from '../reference/random.ts'
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
  /** the rows and columns of a window that a block of the photo has */
  block?: { top: number; left: number; rows: number; columns: number }
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

/** Adds a part of a window to the case's accumulator, a block of the photo. Some weights precede those of the window. */
function windowRun(test: Case): KernelRun {
  const { name: label, logits: input, height, width, alignCorners, flip, weight, seed } = test
  const { top, left, rows, columns } = test.block!
  const logits = randomArray4(input, seed, 4)
  const accumulator = randomArray4([1, rows, columns, input[3]], seed + 1)
  const weights = randomValues(5 + columns + rows, seed + 2).map(Math.abs)
  const window = { count: weights.length, rows: 5 + columns, columns: 5 }
  const options = { label, input, height, width, alignCorners, flip, weight, first: false, window }
  const rowWeights = weights.subarray(window.rows)
  const part = { height, width, top, left, rowWeights, columnWeights: weights.subarray(5, window.rows) }
  const operands = { logits, accumulator, alignCorners, flip, weight, part }
  return {
    kernel: accumulateProbabilities({
      ...options,
      rows: { from: top, count: rows },
      columns: { from: left, count: columns },
    }),
    data: { logits: toGpu(logits), weights: Float32Array.from(weights), accumulator: toGpu(accumulator) },
    expected: { accumulator: activations(() => reference(operands), { rtol: tolerance(input[3]) }) },
  }
}

const windows: Case[] = [
  {
    ...plain,
    name: 'a corner of a window',
    logits: [1, 5, 4, 7],
    height: 20,
    width: 17,
    weight: 0.5,
    block: { top: 13, left: 11, rows: 7, columns: 6 },
    answer: true,
  },
  {
    ...plain,
    name: 'a part of a mirrored window, corners aligned',
    logits: [1, 5, 9, 21],
    height: 33,
    width: 65,
    alignCorners: true,
    flip: true,
    block: { top: 1, left: 40, rows: 31, columns: 13 },
  },
  {
    ...plain,
    name: 'the first columns of a mirrored window',
    logits: [1, 3, 7, 3],
    height: 24,
    width: 56,
    flip: true,
    block: { top: 0, left: 0, rows: 24, columns: 9 },
  },
  {
    ...plain,
    name: 'the last row of a window, one pixel high',
    logits: [1, 9, 7, 5],
    height: 33,
    width: 26,
    block: { top: 32, left: 0, rows: 1, columns: 26 },
  },
]

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
    'a part of a window, with weights of its rows and columns': { cases: windows, run: windowRun },
    'logits so low that the zeros of padding would outweigh them': {
      cases: [cornersAligned],
      run: test => accumulateProbabilitiesRun(test, { shift: -120 }),
    },
  },
}
