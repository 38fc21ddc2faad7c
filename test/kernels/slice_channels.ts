import { sliceChannels } from '../../src/kernels/elementwise/slice_channels.ts'
import { type Plant, plantedArray4, type Shape4 } from '../reference/array4.ts'
import { sliceChannels as reference } from '../reference/slice_channels.ts'
import { EXACT, toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: Shape4
  slice: { offset: number; channels: number }
  seed: number
  /** a NaN or an infinity in the input */
  plant?: Plant
}

const cases: Case[] = [
  { name: 'all of it', input: [1, 3, 5, 3], slice: { offset: 0, channels: 3 }, seed: 1 },
  { name: 'the second of two', input: [2, 1, 1, 2], slice: { offset: 1, channels: 1 }, seed: 1 },
  {
    name: '5 after 1, batch 2',
    input: [2, 3, 4, 7],
    slice: { offset: 1, channels: 5 },
    seed: 1,
    answer: true,
  },
  { name: '5 after 4, odd map', input: [1, 17, 13, 9], slice: { offset: 4, channels: 5 }, seed: 1 },
  { name: '3 after 1 of 21, batch 3', input: [3, 9, 7, 21], slice: { offset: 1, channels: 3 }, seed: 1 },
  { name: '320 after 24', input: [1, 1, 7, 344], slice: { offset: 24, channels: 320 }, seed: 1 },
  {
    name: 'NaN beside the slice',
    input: [1, 3, 3, 8],
    slice: { offset: 3, channels: 2 },
    seed: 1,
    plant: { value: Number.NaN, at: [0, 1, 1, 5] },
  },
  {
    name: 'aspp: a branch of 256',
    input: [1, 33, 33, 1280],
    slice: { offset: 512, channels: 256 },
    seed: 1,
    bench: true,
  },
]

export const suite: KernelSuite<Case> = {
  shader: 'slice_channels',
  cases,
  run({ name: label, input: shape, slice, seed, plant }) {
    const input = plantedArray4(shape, seed, plant)
    return {
      kernel: sliceChannels({ label, input: shape, slice }),
      data: { input: toGpu(input) },
      expected: { output: activations(() => reference(input, slice.offset, slice.channels), EXACT) },
    }
  },
}
