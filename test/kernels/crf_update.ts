import { crfUpdate } from '../../src/kernels/crf/crf_update.ts'
import { randomArray4, type Shape4 } from '../reference/array4.ts'
import { updated } from '../reference/dense_crf.ts'
import { softmax } from '../reference/softmax.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  shape: Shape4
  /** The logits of the probabilities are uniform in (−scale, scale). Default 4. */
  scale?: number
  /** The message is uniform in (−message, message). Default 5. */
  message?: number
}

const cases: Case[] = [
  { name: 'one class: all ones', shape: [1, 3, 5, 1] },
  { name: '3 classes, one row', shape: [1, 1, 7, 3] },
  { name: '5 classes', shape: [1, 9, 7, 5], answer: true },
  { name: '21 classes', shape: [1, 9, 7, 21] },
  { name: '24 classes', shape: [1, 8, 6, 24] },
  { name: 'no message', shape: [1, 5, 6, 3], message: 0 },
  { name: 'probabilities of 0', shape: [1, 9, 7, 21], scale: 300 },
  { name: 'messages whose exp overflows float32', shape: [1, 9, 7, 5], message: 1000 },
  { name: '21 classes at 513×513', shape: [1, 513, 513, 21], bench: true },
]

function crfUpdateRun({ name: label, shape, scale = 4, message = 5 }: Case): KernelRun {
  const probabilities = softmax(randomArray4(shape, 1, scale))
  probabilities.data = probabilities.data.map(Math.fround)
  const sent = randomArray4(shape, 2, message)
  return {
    kernel: crfUpdate({ label, shape }),
    data: { probabilities: toGpu(probabilities), message: toGpu(sent) },
    // An error of a score in float32 is one of its exponential.
    expected: {
      marginals: activations(() => updated(probabilities, sent), { rtol: 1e-5 + 1e-6 * message }),
    },
  }
}

export const suite: KernelSuite<Case> = { shader: 'crf_update', cases, run: crfUpdateRun }
