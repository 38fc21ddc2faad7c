// The strategies that tuning can choose in a graph: for each op with several kernels, the candidates and the key under which the fastest is kept.
// gradients.ts has the gradients of convolutions.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import { candidatesFor, chooseStrategy, tunedKey } from '../convolution/choose.ts'
import type { ConvolutionTarget } from '../convolution/policy.ts'
import type { Candidate } from '../convolution/strategy.ts'
import { convolutionOf } from '../ops/conv2d.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'

export interface Tunable {
  op: FusedOp
  /** Its key in `Policy.tuned`. */
  convolution: string
  /** The layers of the network that are this convolution. */
  layers: number
  /** The candidate that runs without tuning. */
  untuned: string
  /** At least two. */
  candidates: Candidate[]
  shape: ConvolutionShape
}

/** Numbers that say how much two convolutions are alike. */
export interface ConvolutionShape {
  /** Pixels of the output, in all images. */
  pixels: number
  inChannels: number
  outChannels: number
  taps: number
}

/** Ops that tuning measures as one. */
interface Family extends Pick<Tunable, 'convolution' | 'shape'> {
  untuned(): string
  candidates(): Candidate[]
}

/** The family of an op; undefined if tuning has nothing to choose for it. */
export type FamilyOf = (op: FusedOp, target: ConvolutionTarget) => Family | undefined

/** The ops of a graph that have several candidates, each convolution once. Those with most multiply-adds in all layers come first. */
export function tunablesOf(
  graph: FusedGraph,
  target: ConvolutionTarget,
  familyOf: FamilyOf = familyOfConvolution,
): Tunable[] {
  const found = new Map<string, Family & { op: FusedOp; layers: number }>()
  for (const op of graph.ops) {
    const family = familyOf(op, { ...target, policy: undefined })
    const alike = family && found.get(family.convolution)
    if (alike) alike.layers++
    else if (family) found.set(family.convolution, { ...family, op, layers: 1 })
  }
  return [...found.values()]
    .map(({ untuned, candidates, ...family }) => ({
      ...family,
      untuned: untuned(),
      candidates: candidates(),
    }))
    .filter(({ candidates }) => candidates.length > 1)
    .sort((a, b) => multiplyAdds(b) - multiplyAdds(a))
}

/** A band takes the strategy of the whole convolution. */
export const familyOfConvolution: FamilyOf = (op, target) =>
  op.kind === 'conv2d' && !op.whole ? ofConvolution(convolutionOf(op), target) : undefined

export const ofConvolution = (options: Conv2dOptions, target: ConvolutionTarget): Family => ({
  convolution: tunedKey(options, target.mode),
  shape: shapeOf(options),
  untuned: () => chooseStrategy(options, target).name,
  candidates: () =>
    candidatesFor(options, target).map(strategy => ({
      name: strategy.name,
      work: strategy.work(options, target),
    })),
})

export function shapeOf(options: Omit<Conv2dOptions, 'activation'>): ConvolutionShape {
  const { input, outChannels, kernel } = options
  const [n, inH, inW, inChannels] = input
  const { h, w } = windowedSize({ h: inH, w: inW }, options)
  return { pixels: n * h * w, inChannels, outChannels, taps: kernel[0] * kernel[1] }
}

const multiplyAdds = ({ layers, shape }: Pick<Tunable, 'layers' | 'shape'>): number =>
  layers * shape.pixels * shape.inChannels * shape.outChannels * shape.taps
