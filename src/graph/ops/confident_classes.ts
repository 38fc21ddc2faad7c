// The labels that a network gives to photos without any: the classes of which it is sure.

import { confidentClasses } from '../../kernels/training/confident_classes.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import type { OpDefinition } from './definition.ts'

interface ConfidentClassesOptions {
  height: number
  width: number
  alignCorners: boolean
  /** The least probability of a class that counts as sure. */
  confidence: number
  /** The label of the other pixels. */
  ignoreIndex: number
}

/** Logits [n, h, w, c] → class8 [n, height, width, 1]. */
export type ConfidentClassesOp = OpOf<'confidentClasses', { logits: Tensor }> &
  Pick<ConfidentClassesOptions, 'alignCorners' | 'confidence' | 'ignoreIndex'>

export const confidentClassesOp: OpDefinition<ConfidentClassesOp> = {
  lower(op) {
    const { logits } = op.inputs
    const { alignCorners, confidence, ignoreIndex } = op
    const [, height, width] = op.output.shape
    const kernel = confidentClasses({
      label: op.name,
      input: logits.shape,
      height,
      width,
      alignCorners,
      confidence,
      ignoreIndex,
    })
    return oneStep(op, kernel, { logits, classes: op.output })
  },
}

/** The op on some logits. Its output has the given name. */
export function confidentClassesOf(
  logits: Tensor,
  { name, height, width, ...options }: ConfidentClassesOptions & { name: string },
): ConfidentClassesOp {
  const output: Tensor = { name, shape: [logits.shape[0], height, width, 1], dtype: 'class8' }
  return { kind: 'confidentClasses', name, inputs: { logits }, ...options, output }
}
