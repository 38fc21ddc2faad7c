import {
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  softmaxCrossEntropyMerge,
} from '../../src/kernels/softmax_cross_entropy.ts'
import { classMapWords } from '../../src/kernels/upsample_argmax.ts'
import { type SoftmaxCrossEntropyCase, softmaxCrossEntropyOf } from '../cases/softmax_cross_entropy.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import {
  softmaxCrossEntropyBackward as backwardReference,
  softmaxCrossEntropy as reference,
  type SoftmaxCrossEntropy,
} from '../reference/softmax_cross_entropy.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import { expectChannels } from '../support/channels.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** log Σ exp of every label pixel, and the sums of the workgroups added up. */
export function softmaxCrossEntropyRun(test: SoftmaxCrossEntropyCase): KernelRun {
  const operands = softmaxCrossEntropyOf(test)
  return {
    kernel: softmaxCrossEntropy(optionsOf(test)),
    data: dataOf(operands),
    check: ({ log_sum_exp, partials }) => {
      const { logSumExp, weightedLoss, weight } = reference(operands)
      const shape = [test.logits[0], test.logits[1], test.width, 1] as const
      expectClose(new Float32Array(log_sum_exp.buffer), logSumExp, { shape, rtol: tolerance(test.logits[3]) })
      const sums = new Float32Array(2)
      new Float32Array(partials.buffer).forEach((value, i) => {
        sums[i % 2] += value
      })
      const expected = Float64Array.of(weightedLoss, weight)
      expectClose(sums, expected, { shape: [1, 1, 1, 2], rtol: tolerance(logSumExp.length) })
    },
  }
}

/** The reference's sums, in shares that differ, made into the loss. */
export function softmaxCrossEntropyMergeRun(test: SoftmaxCrossEntropyCase): KernelRun {
  const { weightedLoss, weight, loss } = reference(softmaxCrossEntropyOf(test))
  const kernel = softmaxCrossEntropyMerge(optionsOf(test))
  const { count } = kernel.params
  const share = (i: number) => (i + 1) / ((count * (count + 1)) / 2)
  const partials = Float32Array.from(
    { length: count * 2 },
    (_, i) => share(i >> 1) * (i % 2 ? weight : weightedLoss),
  )
  return {
    kernel,
    data: { partials },
    check: outputs =>
      expectChannels(outputs.loss, Float64Array.of(loss, weight === 0 ? 0 : 1 / weight), tolerance(count)),
  }
}

export function softmaxCrossEntropyBackwardRun(test: SoftmaxCrossEntropyCase): KernelRun {
  const operands = softmaxCrossEntropyOf(test)
  const { logSumExp, loss, weight } = reference(operands)
  const shape = test.logits
  return {
    kernel: softmaxCrossEntropyBackward({ ...optionsOf(test), lossWeight: test.lossWeight }),
    data: {
      ...dataOf(operands),
      log_sum_exp: Float32Array.from(logSumExp),
      loss: Float32Array.of(loss, weight === 0 ? 0 : 1 / weight),
    },
    check: ({ logits_gradient }) => {
      const { data } = backwardReference(operands)
      // A mean over many pixels has small gradients, of which 1e-5 would be all.
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const atol = 1e-5 * largest * Math.max(1, (test.scale ?? 0) / 10)
      expectClose(fromGpu(logits_gradient, shape), data, { shape, atol, rtol: tolerance(logSumExp.length) })
    },
  }
}

function optionsOf(test: SoftmaxCrossEntropyCase) {
  const { name: label, logits: input, width, alignCorners, classWeights } = test
  return { label, input, width, alignCorners, classWeights, ignoreIndex: 255 }
}

function dataOf({ logits, labels, height, width, classWeights }: SoftmaxCrossEntropy) {
  return {
    logits: toGpu(logits),
    labels: labelWords(labels, height, width),
    ...(classWeights && { class_weights: Float32Array.from(classWeights) }),
  }
}

/** [n, height, width] as kernels read it: each image padded to whole words. */
export function labelWords(labels: Uint8Array, height: number, width: number): Uint8Array {
  const [pixels, bytes] = [height * width, classMapWords(height, width) * 4]
  const words = new Uint8Array((labels.length / pixels) * bytes)
  for (let n = 0; n * pixels < labels.length; n++)
    words.set(labels.subarray(n * pixels, (n + 1) * pixels), n * bytes)
  return words
}
