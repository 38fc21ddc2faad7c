// The values that the kernels of an op depend on besides the op.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { chooseStrategy } from '../convolution/choose.ts'
import type { ConvolutionTarget } from '../convolution/policy.ts'
import type { ConvolutionStrategy, EmittedStatistics } from '../convolution/strategy.ts'
import type { AnyOp, Graph } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'

export interface Lowering {
  target: ConvolutionTarget
  /** The strategy of an op's convolution, chosen when it is first asked for. */
  strategyOf(op: AnyOp, options: Conv2dOptions): ConvolutionStrategy
  /** Maps that are normalised by their own statistics. */
  normalised: ReadonlySet<Tensor>
  /** Of such maps, those whose statistics are there. Convolutions add to it; ops are lowered in the order of the graph. */
  emittedStatistics: Map<Tensor, EmittedStatistics>
}

export function loweringOf(graph: Graph, target: ConvolutionTarget): Lowering {
  const chosen = new Map<AnyOp, ConvolutionStrategy>()
  return {
    target,
    strategyOf(op, options) {
      const strategy = chosen.get(op) ?? chooseStrategy(options, target)
      chosen.set(op, strategy)
      return strategy
    },
    normalised: new Set(graph.ops.filter(isBatchNormTraining).map(({ inputs }) => inputs.input)),
    emittedStatistics: new Map(),
  }
}

const isBatchNormTraining = (op: AnyOp): op is AnyOp & { inputs: { input: Tensor } } =>
  op.kind === 'batchNormTraining'
