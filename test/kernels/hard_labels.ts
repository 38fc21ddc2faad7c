import { hardLabels } from '../../src/kernels/training/hard_labels.ts'
import type { Shape4 } from '../reference/array4.ts'
import { randomSource } from '../reference/random.ts'
import { hardLabels as reference } from '../reference/softmax_cross_entropy.ts'
import { words } from '../support/expected.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { labelWords } from './softmax_cross_entropy.ts'

interface HardLabelsCase extends KernelCase {
  /** of the labels, [n, height, width, 1] */
  shape: Shape4
  /** how many pixels stay */
  hard: number
  /** the number of different losses; as many as pixels if absent */
  losses?: number
}

/** With few different losses, many pixels have the same. */
export const suite: KernelSuite<HardLabelsCase> = {
  shader: 'hard_labels',
  cases: [
    { name: 'one pixel', shape: [1, 1, 1, 1], hard: 1 },
    { name: 'the one hardest pixel', shape: [2, 5, 7, 1], hard: 1 },
    { name: 'all pixels', shape: [1, 5, 7, 1], hard: 35 },
    { name: 'images of odd sizes, batch 3', shape: [3, 3, 5, 1], hard: 20, answer: true },
    { name: 'few different losses', shape: [2, 9, 11, 1], hard: 77, losses: 3, answer: true },
    { name: 'one loss', shape: [2, 9, 11, 1], hard: 50, losses: 1 },
    { name: '513×513', shape: [1, 513, 513, 1], hard: 65000, bench: true },
  ],
  run({ name: label, shape, hard, losses: different = shape[0] * shape[1] * shape[2] }) {
    const [n, height, width] = shape
    const next = randomSource(1)
    const labels = Uint8Array.from({ length: n * height * width }, () => Math.floor(next() * 21))
    const losses = Float32Array.from(labels, () => Math.floor(next() * different) / different)
    const sorted = Uint32Array.from([...losses.keys()].sort((a, b) => losses[a] - losses[b] || a - b))
    const expected = () => reference({ labels, ignoreIndex: 255 }, losses, hard)
    return {
      kernel: hardLabels({ label, shape, hard, ignoreIndex: 255 }),
      data: {
        labels: labelWords(labels, height, width),
        losses,
        sorted_losses: Float32Array.from(sorted, pixel => losses[pixel]),
        sorted_pixels: sorted,
      },
      expected: {
        hard_labels: words(() => new Uint32Array(labelWords(expected(), height, width).buffer)),
      },
    }
  },
}
