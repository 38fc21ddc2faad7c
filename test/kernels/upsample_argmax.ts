import { expect } from 'chai'
import { classMapWords, upsampleArgmax } from '../../src/kernels/resizing/upsample_argmax.ts'
import { randomArray4, type Shape4 } from '../reference/array4.ts'
import { expectClasses } from '../reference/compare.ts'
import type { Resize } from '../reference/resize.ts'
import { upsampleArgmax as reference } from '../reference/upsample_argmax.ts'
import { toGpu } from '../support/activations.ts'
import type { Expected } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** [1, h, w, c] */
  logits: Shape4
  height: number
  width: number
  alignCorners: boolean
  seed: number
  /** every class has the same logits: class 0 wins everywhere */
  allEqual?: boolean
}

const sizes: Omit<Case, 'alignCorners'>[] = [
  { name: 'one class', logits: [1, 3, 5, 1], height: 6, width: 7, seed: 1 },
  { name: 'one pixel', logits: [1, 1, 1, 21], height: 5, width: 7, seed: 1, answer: true },
  { name: 'one row', logits: [1, 1, 7, 3], height: 9, width: 17, seed: 1 },
  { name: 'same size', logits: [1, 17, 13, 5], height: 17, width: 13, seed: 1 },
  { name: 'enlarge by odd ratios', logits: [1, 9, 7, 21], height: 65, width: 50, seed: 1 },
  { name: 'enlarge a small map', logits: [1, 4, 3, 21], height: 9, width: 11, seed: 1, answer: true },
  { name: 'a width that is no multiple of 4', logits: [1, 5, 5, 21], height: 31, width: 33, seed: 1 },
  { name: 'shrink', logits: [1, 17, 13, 24], height: 9, width: 6, seed: 1 },
  { name: '150 classes, as of ADE20K', logits: [1, 5, 3, 150], height: 17, width: 11, seed: 1 },
  {
    name: 'all classes equal: the lowest id',
    logits: [1, 5, 3, 21],
    height: 17,
    width: 11,
    seed: 1,
    allEqual: true,
  },
  {
    name: '513×513 from output stride 16',
    logits: [1, 33, 33, 21],
    height: 513,
    width: 513,
    seed: 1,
    bench: true,
  },
]

const cases: Case[] = [true, false].flatMap(alignCorners =>
  sizes.map(test => ({
    ...test,
    alignCorners,
    name: `${test.name}, ${alignCorners ? 'corners' : 'edges'} aligned`,
  })),
)

function imageOf({ logits, seed, allEqual, height, width, alignCorners }: Case): Resize {
  const input = randomArray4(logits, seed, 4)
  const channels = logits[3]
  if (allEqual) input.data = input.data.map((_, index, all) => all[index - (index % channels)])
  return { input, height, width, alignCorners }
}

/** A batch of the case's logits, one of each seed. */
function batchRun(test: Case, seeds: number[], onGpu = false): KernelRun {
  const images = seeds.map(seed => imageOf({ ...test, seed }))
  const { name: label, height, width, alignCorners } = test
  const [, ...dims] = test.logits
  const shape = [images.length, ...dims] as const
  const logits = Float64Array.from(images.flatMap(({ input }) => [...input.data]))
  return {
    kernel: upsampleArgmax({ label, input: shape, height, width, alignCorners, onGpu }),
    data: { logits: toGpu({ shape, data: logits }) },
    expected: { classes: classMaps(images) },
  }
}

/** A class map for each image, from a whole word on. */
function classMaps(images: Resize[]): Expected {
  const [{ height, width }] = images
  const bytes = classMapWords(height, width) * 4
  return {
    check: classes =>
      images.forEach((image, n) => {
        const map = classes.subarray(n * bytes, (n + 1) * bytes)
        expectClasses(map.subarray(0, height * width), reference(image))
        const rest = [...map.subarray(height * width)]
        expect(rest, 'after the last pixel').to.deep.equal(rest.map(() => 0))
      }),
    answer: () => {
      const values = new Uint8Array(images.length * bytes)
      images.forEach((image, n) => {
        const { classes, margin } = reference(image)
        const narrowest = margin.reduce((least, by) => Math.min(least, by), Number.POSITIVE_INFINITY)
        if (narrowest < 1e-3) throw new Error('two classes are so close that float32 may choose either')
        values.set(classes, n * bytes)
      })
      return { values }
    },
  }
}

export const suite: KernelSuite<Case> = {
  shader: 'upsample_argmax',
  cases,
  run: test => batchRun(test, [test.seed]),
  variants: {
    'images of a batch, each from a whole word on': {
      cases: [
        cases.find(({ name }) => name.startsWith('a width that is no multiple of 4'))!,
        {
          name: 'a width of 5',
          logits: [1, 3, 2, 5],
          height: 5,
          width: 5,
          alignCorners: true,
          seed: 1,
          answer: true,
        },
      ],
      run: test => batchRun(test, [1, 2, 3]),
    },
    'on a hardware GPU: a word an invocation': {
      cases: cases.filter(({ name }) => /^(one row|shrink|enlarge a small map)/.test(name)),
      run: test => batchRun(test, [1, 2], true),
    },
  },
}
