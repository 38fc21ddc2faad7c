// The weights of a convolution as its kernels read them: re-laid, with batch norm folded in. Plans that need the same ones share them.

import { storedAsFloat16 } from '../../gpu/float16_storage.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import type { Launch, Range } from '../../gpu/launch.ts'
import { foldBatchNorm } from '../../kernels/normalisation/fold_batch_norm.ts'
import type { WinogradOutputs } from '../../kernels/winograd/winograd.ts'
import { winogradWeight } from '../../kernels/winograd/winograd_weight.ts'
import type { BatchNorm, Parameter } from '../ir/tensor.ts'

export interface PackedWeights {
  /** Two of the same key hold the same values. */
  key: string
  /** The kernels that make them, of several convolutions side by side one after the other. */
  parts: FoldedPart[]
}

export type PackedOutput = 'packed' | 'packed_bias'

interface FoldedPart {
  /** Its inputs are the parameters below, its outputs `packed` and, where there is one, `packed_bias`. */
  kernel: Kernel
  /** By their names in the kernel. */
  parameters: Record<string, Parameter>
}

/** The weights of a dense convolution, for either way to compute it. */
export interface ConvolutionWeights {
  direct(): PackedWeights
  winograd(outputs: WinogradOutputs): PackedWeights
  /** The weight itself, where nothing is to be folded into it and a kernel can read it: as `direct` would have it, or unpacked. */
  itself?: { parameter: Parameter; unpacked: boolean }
}

interface Folding {
  weight: Parameter
  bias?: Parameter
  batchNorm?: BatchNorm
  inputChannels?: { from: number; to: number }
}

/** The weights that `conv2d` and Winograd's kernels read. */
export const convolutionWeights = (folding: Folding): ConvolutionWeights => ({
  direct: () => packedWeights({ ...folding, depthwise: false }),
  winograd: outputs => {
    const key = `${keyOf(folding)} for tiles of ${outputs}`
    const kernel = winogradWeight({ ...optionsOf(folding, key), outputs })
    return { key, parts: [{ kernel, parameters: parametersOf(folding) }] }
  },
  ...(isBare(folding) && { itself: { parameter: folding.weight, unpacked: true } }),
})

/** The weights that `conv2d`, `depthwiseConv2d` and the latter's backward kernel read. */
export function packedWeights({ depthwise, ...folding }: Folding & { depthwise: boolean }): PackedWeights {
  const key = keyOf(folding)
  const kernel = foldBatchNorm({ ...optionsOf(folding, key), depthwise })
  return { key, parts: [{ kernel, parameters: parametersOf(folding) }] }
}

/** Weights one after the other, and biases. Of all but the last, their bytes have to be such that the next may be bound. */
export const concatenated = (folded: PackedWeights[]): PackedWeights => ({
  key: folded.map(({ key }) => key).join(', '),
  parts: folded.flatMap(({ parts }) => parts),
})

/** Bytes of what they are made into. */
export const packedBytes = ({ parts }: PackedWeights, output: PackedOutput): number =>
  parts.reduce((sum, { kernel }) => sum + (kernel.outputs[output] ?? 0), 0)

/** The launches that make them, in the ranges given. */
export function foldingLaunches(
  { parts }: PackedWeights,
  { outputs, parameter }: { outputs: Record<PackedOutput, Range>; parameter: (of: Parameter) => Range },
): Launch[] {
  const taken = { packed: 0, packed_bias: 0 }
  const take = (output: PackedOutput, size: number): Range => {
    const { buffer, offset } = outputs[output]
    const range = { buffer, offset: offset + taken[output], size }
    taken[output] += size
    return range
  }
  return parts.map(({ kernel, parameters }) => {
    const inputs = Object.entries(parameters).map(([name, of]) => [name, parameter(of)])
    const { packed, packed_bias = 0 } = kernel.outputs
    const ranges = { packed: take('packed', packed), packed_bias: take('packed_bias', packed_bias) }
    return { kernel, ranges: { ...Object.fromEntries(inputs), ...ranges } }
  })
}

/** Whether a weight is a matrix of whole vectors as PyTorch lays it, and all that there is. */
export function isBare({ weight, bias, batchNorm, inputChannels }: Folding): boolean {
  const [outChannels, inChannels, kernelH, kernelW] = weight.shape
  const isMatrix = kernelH === 1 && kernelW === 1 && outChannels % 4 === 0 && inChannels % 4 === 0
  return isMatrix && !bias && !batchNorm && !inputChannels
}

/** The same as f16. */
export const packedAsFloat16 = (folded: PackedWeights): PackedWeights => ({
  ...folded,
  key: `${folded.key} as f16`,
  parts: folded.parts.map(({ kernel, ...part }) => ({ ...part, kernel: storedAsFloat16(kernel) })),
})

export function keyOf({ weight, bias, batchNorm, inputChannels }: Folding): string {
  const range = inputChannels ? `[${inputChannels.from}…${inputChannels.to}]` : ''
  return `${weight.name}${range}${bias ? ` + ${bias.name}` : ''}${batchNorm ? ` · ${batchNorm.gamma.name}` : ''}`
}

const optionsOf = ({ weight, bias, batchNorm, inputChannels }: Folding, key: string) => ({
  label: `fold ${key}`,
  weight: weight.shape,
  inputChannels,
  epsilon: batchNorm?.epsilon,
  bias: bias !== undefined,
})

function parametersOf({ weight, bias, batchNorm }: Folding): Record<string, Parameter> {
  const statistics = batchNorm && {
    gamma: batchNorm.gamma,
    beta: batchNorm.beta,
    mean: batchNorm.mean,
    variance: batchNorm.variance,
  }
  return { weight, ...(bias && { bias }), ...statistics }
}
