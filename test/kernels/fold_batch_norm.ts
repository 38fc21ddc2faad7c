import { type FoldBatchNormOptions, foldBatchNorm } from '../../src/kernels/fold_batch_norm.ts'
import type { FoldBatchNorm } from '../reference/fold_batch_norm.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** The kernel and its inputs; without an `epsilon` there is no batch norm. */
export function foldBatchNormRun(
  { weight, bias, gamma, beta, mean, variance }: FoldBatchNorm,
  options: Pick<FoldBatchNormOptions, 'depthwise' | 'epsilon' | 'inputChannels'>,
): Pick<KernelRun, 'kernel' | 'data'> {
  const kernel = foldBatchNorm({
    label: 'fold',
    weight: weight.shape,
    bias: bias !== undefined,
    ...options,
  })
  const operands = { weight: weight.data, bias, gamma, beta, mean, variance }
  const data: Record<string, Float32Array> = {}
  for (const [name, values] of Object.entries(operands))
    if (kernel.inputs[name] > 0) data[name] = Float32Array.from(values!)
  return { kernel, data }
}
