import { preprocessSamples } from '../../src/kernels/resizing/preprocess_samples.ts'
import { ATOL, tolerance } from '../reference/compare.ts'
import { preprocessSamples as reference } from '../reference/preprocess_samples.ts'
import { randomSource } from '../reference/random.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** of the image */
  from: readonly [height: number, width: number, channels: number]
  /** of the network's input */
  to: readonly [height: number, width: number]
  /** The samples are from `offset` to `offset + range`. Default: from 0 to 1. */
  offset?: number
  range?: number
  flip?: boolean
  images?: number
}

const cases: Case[] = [
  { name: 'one pixel of one channel', from: [1, 1, 1], to: [1, 1] },
  { name: 'one pixel of eight channels to a map', from: [1, 1, 8], to: [9, 7] },
  { name: 'a map to one pixel', from: [33, 17, 5], to: [1, 1] },
  { name: 'grey, the same size', from: [17, 13, 1], to: [17, 13] },
  { name: 'two channels, mirrored', from: [11, 14, 2], to: [7, 9], flip: true },
  { name: 'three channels, enlarged', from: [3, 4, 3], to: [5, 7] },
  { name: 'four channels: a whole vector', from: [8, 9, 4], to: [16, 18] },
  { name: 'five channels, shrunk and mirrored', from: [11, 14, 5], to: [7, 9], flip: true, answer: true },
  { name: 'six channels by odd ratios', from: [67, 40, 6], to: [17, 13] },
  { name: 'seven channels, one row', from: [1, 7, 7], to: [5, 3] },
  { name: 'eight channels, enlarge one way, shrink the other', from: [9, 100, 8], to: [33, 17] },
  { name: 'temperatures: samples far from zero', from: [23, 19, 1], to: [17, 33], offset: 250, range: 80 },
  { name: 'heights below and above zero', from: [23, 19, 2], to: [9, 7], offset: -400, range: 9000 },
  { name: 'a batch, each image by itself', from: [7, 5, 5], to: [9, 4], images: 3, flip: true },
  { name: 'a batch of grey images', from: [4, 5, 1], to: [7, 6], images: 3, answer: true },
  { name: 'colour and depth of a camera', from: [480, 640, 4], to: [385, 513], bench: true },
  { name: 'eight bands of a satellite', from: [1024, 1024, 8], to: [513, 513], bench: true },
]

/** Pixels under the filter along one axis. */
const filterTaps = (from: number, to: number) => 2 * Math.max(1, Math.ceil(from / to))

function run(test: Case): KernelRun {
  const { offset = 0, range = 1, flip = false, images: n = 1 } = test
  const [h, w, channels] = test.from
  const [height, width] = test.to
  const next = randomSource(7)
  const data = Float32Array.from({ length: n * h * w * channels }, () => offset + range * next())
  const mean = Array.from({ length: channels }, (_, c) => offset + range * (0.4 + 0.05 * c))
  const std = Array.from({ length: channels }, (_, c) => range * (0.2 + 0.03 * c))
  const input = [n, h, w, channels] as const
  const expected = () => {
    const images = { shape: input, data: Float64Array.from(data) }
    return reference({ images, height, width, mean, std, flip })
  }
  const largest = Math.max(Math.abs(offset), Math.abs(offset + range))
  return {
    kernel: preprocessSamples({ label: test.name, input, height, width, mean, std, flip }),
    data: { image: data },
    // A mean of samples is right to 1e-6 of the largest.
    expected: {
      output: activations(expected, {
        rtol: tolerance(filterTaps(h, height) * filterTaps(w, width)),
        atol: Math.max(ATOL, (1e-6 * largest) / Math.min(...std)),
      }),
    },
  }
}

export const suite: KernelSuite<Case> = { shader: 'preprocess_samples', cases, run }
