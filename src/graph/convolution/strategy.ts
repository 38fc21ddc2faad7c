// A strategy of a convolution: a plain value that says where it runs, what it costs and how it lowers.

import type { Kernel } from '../../gpu/kernel.ts'
import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { conv2dMerge } from '../../kernels/convolution/conv2d_merge.ts'
import type { Conv2dBranches } from '../../kernels/convolution/conv2d_tiled.ts'
import { emittingStatistics } from '../../kernels/normalisation/emitting_statistics.ts'
import type { WinogradOutputs } from '../../kernels/winograd/winograd.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { ConvolutionWeights, PackedWeights } from '../lower/packed_weights.ts'
import { type Operand, type Step, scratch, tensors } from '../lower/step.ts'
import type { Device, StrategyTarget } from './target.ts'

/** A convolution to lower: that of an op, or the gradient of one. */
export interface ConvolutionLayer {
  op: AnyOp
  options: Conv2dOptions
  input: Tensor
  /** The tensor that is added, where it is not in the output already. */
  residual?: Tensor
  /** In place of the weights' own bias. */
  imageBias?: Tensor
  weights: ConvolutionWeights
  /** Whether the statistics of the output are wanted. */
  wantsStatistics?: boolean
}

/** Statistics of a map, by tiles of pixels, that the convolution which makes the map leaves behind. */
export interface EmittedStatistics {
  tensor: Tensor
  tiles: number
}

export interface LoweredConvolution {
  /** The last of them leave `op.output`. */
  steps: Step[]
  /** Of the output, where they were wanted and the strategy leaves them. */
  statistics?: EmittedStatistics
}

/** A strategy with or without one of its tiles, as tuning sees it. */
export interface Candidate {
  name: string
  /** Multiply-adds. Tuning starts from this number. */
  work: number
}

export interface ConvolutionStrategy<Name extends string = string> {
  name: Name
  /** A description in a few words. */
  title: string
  /** Whether it computes this convolution on this device. */
  supports(options: Conv2dOptions, device: Device): boolean
  /** Multiply-adds that take as long as it does, by estimate. Infinity: it runs only where it is tuned or forced. */
  cost(options: Conv2dOptions, target: StrategyTarget): number
  /** Multiply-adds that it does, with those past the ends of the map and of the channels. Tuning starts from this number. */
  work(options: Conv2dOptions, target: StrategyTarget): number
  /** The same with other tiles, for tuning. Their names begin with this one's. */
  tiles?(options: Conv2dOptions, device: Device): ConvolutionStrategy<`${Name} ${string}`>[]
  /** How it wants its weights: packed vectors, or the values at Winograd's points. */
  weights: 'packed' | { winograd: WinogradOutputs }
  /** Whether it can leave the statistics of its output for a batch norm. */
  emitsStatistics: boolean
  /** The kernel of several convolutions of one input, side by side in the output, where it has one. */
  branches?: { most: number; kernel(options: Conv2dBranches, splits: number, device: Device): Kernel }
  /** Into how many partial sums it cuts each output, where it can. */
  splits?(options: Conv2dBranches, device: Device): number
  lower(layer: ConvolutionLayer, target: StrategyTarget): LoweredConvolution
}

/** A strategy that is one kernel: the convolution itself. */
interface DirectStrategy<Name extends string>
  extends Omit<ConvolutionStrategy<Name>, 'weights' | 'lower' | 'emitsStatistics' | 'splits' | 'tiles'>,
    TiledKernel {
  /** Other tiles of the kernel, by what follows the strategy's name in theirs. */
  tiles?(options: Conv2dOptions, device: Device): [name: string, kernel: TiledKernel][]
}

/** A kernel with a tile, and what depends on the tile. */
export interface TiledKernel {
  work: ConvolutionStrategy['work']
  kernel(options: Conv2dOptions, device: Device): Kernel
  /** Whether it is as fast on a 1×1 weight as PyTorch has it in memory. Default: it reads packed weights alone. */
  readsUnpacked?(options: Conv2dOptions): boolean
  emitsStatistics?: boolean
  split?: {
    /** How many parts a sum has; 1 where that keeps the device busy. */
    count(options: Conv2dBranches, device: Device): number
    /** The kernel that leaves the parts for `conv2dMerge`. */
    kernel(options: Conv2dBranches, count: number, device: Device): Kernel
  }
}

/** The strategy of a kernel that is the whole convolution. */
export function direct<Name extends string>(strategy: DirectStrategy<Name>): ConvolutionStrategy<Name> {
  const { kernel, readsUnpacked, split, tiles, emitsStatistics = false, ...rest } = strategy
  const { name, title, supports } = strategy
  return {
    ...rest,
    tiles: (options, device) =>
      (tiles?.(options, device) ?? []).map(([tile, kernel]) =>
        direct({ name: `${name} ${tile}` as const, title, supports, cost: () => Infinity, ...kernel }),
      ),
    weights: 'packed',
    emitsStatistics,
    splits: split?.count,
    lower(layer, target) {
      const { op, options, input, residual } = layer
      const rows = rowsOf(layer, target.mode === 'training' && readsUnpacked?.(options) === true)
      const { weight, bias } = rows ?? packed(layer.weights.direct())
      const named = { ...tensors({ input, residual, output: op.output }), weight }
      const operands = { ...named, ...biasOperand(layer, bias) }
      const count = split?.count(options, target.device) ?? 1
      if (split && count > 1)
        return {
          steps: splitSteps({ op, operands }, options, {
            kernel: split.kernel(options, count, target.device),
            count,
          }),
        }
      const made = kernel({ ...options, unpacked: rows?.unpacked ?? false }, target.device)
      return withStatistics({ op, kernel: made, operands }, emitsStatistics && layer.wantsStatistics === true)
    },
  }
}

interface WeightOperands {
  weight: Operand
  bias?: Operand
}

export const packed = (folded: PackedWeights): Required<WeightOperands> => ({
  weight: { folded, part: 'packed' },
  bias: { folded, part: 'packed_bias' },
})

/** The weight itself, where nothing is folded into it and the kernel reads it as it is: then no run has to pack it. */
function rowsOf({ weights: { itself } }: ConvolutionLayer, readsUnpacked: boolean) {
  if (!itself || (itself.unpacked && !readsUnpacked)) return undefined
  return { weight: { parameter: itself.parameter }, bias: undefined, unpacked: itself.unpacked }
}

/** The bias, if there is one: that of the images or, where these have none, the one of the weights. */
export function biasOperand(
  { options, imageBias }: ConvolutionLayer,
  own?: Operand,
): Record<string, Operand> {
  const bias = imageBias ? { tensor: imageBias } : own
  return bias && options.bias !== 'none' ? { bias } : {}
}

/** A step that makes parts of the sums, and one that adds them up. */
export function splitSteps(
  { op, operands }: Omit<Step, 'kernel'>,
  options: Conv2dBranches,
  { kernel, count }: { kernel: Kernel; count: number },
): Step[] {
  const { outChannels, branches = [options] } = options
  const { input, weight, ...others } = operands
  const parts = tensors({ partials: scratch(op, kernel.outputs.partials) })
  const whole = { ...options, outChannels: outChannels * branches.length, splits: count }
  return [
    { op, kernel, operands: { input, weight, ...parts } },
    { op, kernel: conv2dMerge(whole), operands: { ...others, ...parts } },
  ]
}

/** The step, leaving the statistics of its output where they are wanted. */
function withStatistics(step: Step, wanted: boolean): LoweredConvolution {
  const leaving = wanted ? emittingStatistics(step.kernel) : undefined
  if (!leaving) return { steps: [step] }
  const { op, operands } = step
  const tensor = scratch(op, leaving.outputs.statistics, 'statistics')
  return {
    steps: [{ op, kernel: leaving, operands: { ...operands, ...tensors({ statistics: tensor }) } }],
    statistics: { tensor, tiles: leaving.params.row_tiles },
  }
}
