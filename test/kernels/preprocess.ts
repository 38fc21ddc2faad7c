import { preprocess } from '../../src/kernels/resizing/preprocess.ts'
import type { Array4 } from '../reference/array4.ts'
import { ATOL, tolerance } from '../reference/compare.ts'
import { type Image, preprocess as reference } from '../reference/preprocess.ts'
import { randomSource } from '../reference/random.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** of the image */
  from: readonly [height: number, width: number]
  /** of the network's input */
  to: readonly [height: number, width: number]
  mean: readonly [number, number, number]
  std: readonly [number, number, number]
  flip: boolean
  channels?: 'rgb' | 'bgr'
  seed: number
}

/** What torchvision's networks were trained with: the statistics of ImageNet. */
const torchvision = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], flip: false, seed: 1 } as const
/** What Caffe's networks were trained with: values from 0 to 255 without the mean, blue first. */
const caffe = {
  mean: [122.675 / 255, 116.669 / 255, 104.008 / 255],
  std: [1 / 255, 1 / 255, 1 / 255],
  flip: false,
  channels: 'bgr',
  seed: 1,
} as const
/** What MobileNetV2 was trained with: values from −1 to 1. */
const mobilenet = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], flip: false, seed: 1 } as const

const shrinkMirrored: Case = {
  ...mobilenet,
  name: 'shrink by odd ratios, mirrored',
  from: [67, 40],
  to: [17, 13],
  flip: true,
}
const cases: Case[] = [
  { ...torchvision, name: 'one pixel', from: [1, 1], to: [1, 1] },
  { ...torchvision, name: 'one pixel to a map', from: [1, 1], to: [9, 7] },
  { ...torchvision, name: 'a map to one pixel', from: [33, 17], to: [1, 1] },
  { ...torchvision, name: 'one row', from: [1, 7], to: [5, 3] },
  { ...torchvision, name: 'same size: no filter at all', from: [17, 13], to: [17, 13] },
  { ...torchvision, name: 'same size, mirrored', from: [17, 13], to: [17, 13], flip: true },
  { ...torchvision, name: 'enlarge by odd ratios', from: [17, 13], to: [33, 47] },
  { ...torchvision, name: 'enlarge by odd ratios, mirrored', from: [5, 7], to: [17, 12], flip: true },
  { ...mobilenet, name: 'twice', from: [8, 9], to: [16, 18] },
  { ...mobilenet, name: 'half', from: [32, 18], to: [16, 9] },
  { ...torchvision, name: 'shrink by odd ratios', from: [101, 67], to: [33, 24] },
  shrinkMirrored,
  {
    ...torchvision,
    name: 'shrink a small map, mirrored',
    from: [11, 14],
    to: [7, 9],
    flip: true,
    answer: true,
  },
  { ...mobilenet, name: 'shrink a little: a filter barely wider than a pixel', from: [34, 36], to: [33, 33] },
  { ...torchvision, name: 'enlarge one way, shrink the other', from: [9, 100], to: [33, 17] },
  { ...caffe, name: 'blue first', from: [11, 14], to: [7, 9] },
  { ...caffe, name: 'blue first, enlarged and mirrored', from: [3, 4], to: [5, 7], flip: true, answer: true },
  { ...torchvision, name: 'a Pascal VOC photo', from: [375, 500], to: [513, 513], bench: true },
  { ...torchvision, name: 'a full-HD frame', from: [1080, 1920], to: [289, 513], bench: true },
]

/** Noise in all four channels: no image is harder for a filter. */
function imageOf({ from: [height, width] }: Case, seed: number): Image {
  const next = randomSource(seed)
  const data = Uint8Array.from({ length: height * width * 4 }, () => Math.floor(next() * 256))
  return { height, width, data }
}

/** A batch of images, one of each seed. */
function batchRun(test: Case, seeds: number[]): KernelRun {
  const { mean, std, flip, channels } = test
  const [h, w] = test.from
  const [height, width] = test.to
  const images = seeds.map(seed => imageOf(test, seed))
  const shape = [images.length, height, width, 3] as const
  const expected = (): Array4 => {
    const each = images.map(image => reference({ image, height, width, mean, std, flip, channels }).data)
    return { shape, data: joined(each, Float64Array) }
  }
  const taps = filterTaps(h, height) * filterTaps(w, width)
  return {
    kernel: preprocess({
      label: test.name,
      input: { n: images.length, h, w },
      ...{ height, width, mean, std, flip, channels },
    }),
    data: {
      image: joined(
        images.map(({ data }) => data),
        Uint8Array,
      ),
    },
    // A mean of bytes, on the scale from 0 to 1, is right to 1e-6.
    expected: {
      output: activations(expected, {
        rtol: tolerance(taps),
        atol: Math.max(ATOL, 1e-6 / Math.min(...std)),
      }),
    },
  }
}

/** Arrays of one length, one after the other. */
function joined<T extends Uint8Array | Float64Array>(arrays: T[], make: new (length: number) => T): T {
  const all = new make(arrays.length * arrays[0].length)
  arrays.forEach((array, i) => {
    all.set(array, i * array.length)
  })
  return all
}

/** Pixels under the filter along one axis. */
const filterTaps = (from: number, to: number) => 2 * Math.max(1, Math.ceil(from / to))

export const suite: KernelSuite<Case> = {
  shader: 'preprocess',
  cases,
  run: test => batchRun(test, [test.seed]),
  variants: {
    'images of a batch, each by itself': {
      cases: [
        shrinkMirrored,
        { ...mobilenet, name: 'enlarge a small map', from: [4, 5], to: [7, 6], answer: true },
      ],
      run: test => batchRun(test, [1, 2, 3]),
    },
  },
}
