import { concat } from '../../src/kernels/elementwise/concat.ts'
import { type Array4, type Plant, plantedArray4 } from '../reference/array4.ts'
import { concat as reference } from '../reference/concat.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Concatenation extends KernelCase {
  /** of every input */
  map: readonly [n: number, h: number, w: number]
  /** of each input */
  channels: readonly number[]
  seed: number
  /** a NaN or an infinity in each input */
  plant?: Plant
}

/** The copy of one input. */
interface Case extends Concatenation {
  which: number
}

const concatenations: Concatenation[] = [
  { name: 'one input', map: [1, 3, 5], channels: [3], seed: 1 },
  { name: 'one pixel, 1 and 1 channels', map: [1, 1, 1], channels: [1, 1], seed: 1 },
  { name: '4 and 5 channels, batch 2', map: [2, 3, 2], channels: [4, 5], seed: 1, answer: true },
  { name: '1, 3 and 5 channels, odd map', map: [1, 17, 13], channels: [1, 3, 5], seed: 1 },
  { name: '21 and 24 channels, batch 3', map: [3, 9, 7], channels: [21, 24], seed: 1 },
  { name: '24, 960 and 4 channels, one row', map: [1, 1, 7], channels: [24, 960, 4], seed: 1 },
  { name: 'NaN', map: [2, 3, 3], channels: [3, 4], seed: 1, plant: { value: Number.NaN, at: [1, 2, 2, 2] } },
  {
    name: 'Inf',
    map: [1, 3, 3],
    channels: [4, 8],
    seed: 1,
    plant: { value: Number.POSITIVE_INFINITY, at: [0, 0, 0, 0] },
  },
  {
    name: 'aspp: five branches of 256',
    map: [1, 33, 33],
    channels: [256, 256, 256, 256, 256],
    seed: 1,
    bench: true,
  },
]

/** Each input of each concatenation; of those to time, the first. */
const cases: Case[] = concatenations.flatMap(test =>
  test.channels.map((_, which) => ({
    ...test,
    which,
    name: which === 0 ? test.name : `${test.name}, input ${which + 1}`,
    bench: test.bench && which === 0,
  })),
)

/** Copies one input into a result that holds all the others. Nothing else may change. */
export const suite: KernelSuite<Case> = {
  shader: 'concat',
  cases,
  run({ name: label, map, channels, seed, plant, which }) {
    const inputs = channels.map((c, i) => plantedArray4([...map, c], seed + i, plant))
    const output = reference(inputs)
    const offset = channels.slice(0, which).reduce((sum, count) => sum + count, 0)
    const slice = { offset, channels: output.shape[3] }
    const end = which === inputs.length - 1 ? Number.POSITIVE_INFINITY : offset + channels[which]
    return {
      kernel: concat({ label, input: inputs[which].shape, slice }),
      data: { input: toGpu(inputs[which]), output: without(output, { from: offset, to: end }) },
      expected: { output: activations(() => output, EXACT) },
    }
  },
}

/** The result as the kernel reads it, with other values in the channels that one input's copy has to write. */
function without(output: Array4, { from, to }: { from: number; to: number }): Float32Array {
  const values = toGpu(output)
  const pitch = (values.length / output.data.length) * output.shape[3]
  return values.map((value, i) => (i % pitch >= from && i % pitch < to ? -99 : value))
}
