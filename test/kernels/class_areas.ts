import { classAreas } from '../../src/kernels/training/overlap.ts'
import { isLabelled } from '../reference/softmax_cross_entropy.ts'
import { words } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import {
  cases,
  labelInputs,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'class_areas',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const areas = new Uint32Array(test.logits[3])
    for (const label of operands.labels) if (isLabelled(label, operands)) areas[label]++
    return {
      kernel: classAreas(softmaxCrossEntropyOptions(test)),
      data: { labels: labelInputs(operands).labels },
      expected: { areas: words(() => areas) },
    }
  },
}
