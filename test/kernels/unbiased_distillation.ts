import { unbiasedDistillation } from '../../src/kernels/training/unbiased_distillation.ts'
import { type Array4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { randomSource } from '../reference/random.ts'
import { softmax } from '../reference/softmax.ts'
import {
  unbiasedDistillation as reference,
  type UnbiasedDistillation,
  unbiasedDistillationBackward,
} from '../reference/unbiased_distillation.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface DistillationCase extends KernelCase {
  /** [n, h, w, c] */
  logits: Shape4
  /** ids */
  newClasses: number[]
  oldWeight: number
  /** of the gradient; 1 if absent */
  lossWeight?: number
  /** the logits are uniform in (−scale, scale) */
  scale?: number
  /** share of the pixels that do not count; a fifth if absent */
  left?: number
  seed: number
}

const cases: DistillationCase[] = [
  { name: 'one pixel, one old class', logits: [1, 1, 1, 1], newClasses: [], oldWeight: 1, seed: 1 },
  {
    name: 'one new class, a loss of weight 0.4',
    logits: [1, 5, 7, 7],
    newClasses: [6],
    oldWeight: 0.3,
    lossWeight: 0.4,
    seed: 1,
    answer: true,
  },
  {
    name: 'more than a workgroup, batch 3',
    logits: [3, 9, 5, 3],
    newClasses: [2],
    oldWeight: 0.1,
    seed: 1,
    answer: true,
  },
  {
    name: 'new classes between old ones',
    logits: [1, 3, 11, 21],
    newClasses: [1, 4, 20],
    oldWeight: 1,
    seed: 1,
  },
  { name: 'no new class', logits: [1, 5, 5, 4], newClasses: [], oldWeight: 1, seed: 1 },
  {
    name: 'one old class, one new one',
    logits: [1, 2, 3, 2],
    newClasses: [1],
    oldWeight: 2,
    seed: 1,
  },
  {
    name: 'no pixel counts',
    logits: [1, 3, 3, 5],
    newClasses: [4],
    oldWeight: 1,
    left: 1,
    seed: 1,
  },
  {
    name: 'logits whose exp overflows float32',
    logits: [1, 9, 9, 13],
    newClasses: [12],
    oldWeight: 0.5,
    scale: 200,
    seed: 1,
  },
  {
    name: '256 classes, the most',
    logits: [1, 3, 5, 256],
    newClasses: [7, 255],
    oldWeight: 1,
    seed: 1,
  },
  {
    name: '513×513 at a decoder’s stride 4',
    logits: [1, 129, 129, 22],
    newClasses: [21],
    oldWeight: 0.3,
    seed: 1,
    bench: true,
  },
]

function operandsOf(test: DistillationCase): UnbiasedDistillation {
  const { logits: shape, newClasses, scale = 4, left = 0.2, seed, oldWeight, lossWeight } = test
  const isNew = Array.from({ length: shape[3] }, (_, id) => newClasses.includes(id))
  const logits = randomArray4(shape, seed, scale)
  return {
    logits,
    targets: targetsOf(shape, { isNew, left, seed }),
    isNew,
    oldWeight,
    lossWeight,
  }
}

function targetsOf(
  shape: Shape4,
  { isNew, left, seed }: { isNew: boolean[]; left: number; seed: number },
): Array4 {
  const { data } = softmax(randomArray4(shape, seed + 1, 3))
  const next = randomSource(seed + 2)
  const channels = shape[3]
  const weights = Array.from({ length: data.length / channels }, () => (next() < left ? 0 : next()))
  const targets = data.map((p, i) =>
    isNew[i % channels] ? 0 : Math.fround(p * weights[Math.floor(i / channels)]),
  )
  return { shape, data: targets }
}

/** The gradient of every logit, and partial sums. Which pixels a partial sum is of does not matter. */
export const suite: KernelSuite<DistillationCase> = {
  shader: 'unbiased_distillation',
  cases,
  run(test) {
    const operands = operandsOf(test)
    const { logits: input, name: label, oldWeight, lossWeight, scale = 0 } = test
    const atol = 1e-5 * Math.max(1, scale / 10)
    return {
      kernel: unbiasedDistillation({ label, input, lossWeight }),
      data: {
        logits: toGpu(operands.logits),
        targets: toGpu(operands.targets),
        new_classes: toGpu({
          shape: [1, 1, 1, input[3]],
          data: Float64Array.from(operands.isNew, isNew => (isNew ? oldWeight : 0)),
        }),
      },
      expected: {
        logits_gradient: activations(() => unbiasedDistillationBackward(operands), {
          atol,
          rtol: tolerance(input[3]),
        }),
        partials: {
          check: partials => {
            const { loss, mass } = reference(operands)
            const sums = new Float32Array(2)
            new Float32Array(partials.buffer).forEach((value, i) => {
              sums[i % 2] += value
            })
            const rtol = tolerance(input[0] * input[1] * input[2] * input[3])
            expectClose(sums, Float64Array.of(loss, mass), { shape: [1, 1, 1, 2], rtol })
          },
        },
      },
    }
  },
}
