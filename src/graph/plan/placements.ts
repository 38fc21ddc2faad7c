// Where the tensors of a graph lie in the arena.

import type { Tensor } from '../ir/tensor.ts'
import { rowBytes, tensorBytes } from '../ir/tensor_bytes.ts'
import type { Step } from '../lower/step.ts'
import type { FusedGraph } from '../ops/index.ts'
import { type ArenaPlace, assignPlaces, type Lifetime } from './memory.ts'

/** A tensor's place in the arena: a buffer by its index, and bytes. */
export interface Placement extends ArenaPlace {
  bytes: number
}

export interface Placements {
  /** Of every tensor that a step reads or writes, and of the graph's inputs and outputs. */
  placements: Map<Tensor, Placement>
  /** Bytes of each of the arena's buffers. */
  arenaBuffers: number[]
}

export function placeTensors(
  graph: FusedGraph,
  steps: Step[],
  limits: { alignment: number; largest: number },
): Placements {
  const holders = holdersOf(graph)
  const lifetimes = lifetimesOf(graph, steps, holders)
  const { places, bufferBytes } = assignPlaces([...lifetimes.values()], limits)
  const placements = new Map<Tensor, Placement>(
    [...lifetimes].map(([tensor, { bytes }], i) => [tensor, { ...places[i], bytes }]),
  )
  for (const [tensor, holder] of holders) placements.set(tensor, placements.get(holder)!)
  for (const tensor of steps.flatMap(tensorsOf))
    if (tensor.band) placements.set(tensor, bandPlacement(tensor, placements.get(tensor.band.of)!))
  return { placements, arenaBuffers: bufferBytes }
}

const tensorsOf = ({ operands }: Step): Tensor[] =>
  Object.values(operands).flatMap(operand => ('tensor' in operand ? [operand.tensor] : []))

/** The tensor that has a place of its own. */
const whole = (tensor: Tensor): Tensor => tensor.band?.of ?? tensor

const bandPlacement = (tensor: Tensor, { buffer, offset }: Placement): Placement => ({
  buffer,
  offset: offset + tensor.band!.from * rowBytes(tensor),
  bytes: tensorBytes(tensor),
})

/** For each tensor that is written in place, the one whose place that was first. */
function holdersOf(graph: FusedGraph): Map<Tensor, Tensor> {
  const holders = new Map<Tensor, Tensor>()
  for (const op of graph.ops) {
    const residual = 'inPlace' in op && op.inPlace ? op.inputs.residual : undefined
    if (residual) holders.set(whole(op.output), holders.get(whole(residual)) ?? whole(residual))
  }
  return holders
}

/**
 * From the step that first writes a tensor, or those it holds in turn, to the last that reads it; inputs are there from the start,
 * outputs to the end.
 */
function lifetimesOf(graph: FusedGraph, steps: Step[], holders: ReadonlyMap<Tensor, Tensor>) {
  const lifetimes = new Map<Tensor, Lifetime>()
  const touch = (held: Tensor, index: number) => {
    const tensor = holders.get(whole(held)) ?? whole(held)
    const known = lifetimes.get(tensor) ?? { bytes: tensorBytes(tensor), first: index, last: index }
    lifetimes.set(tensor, { ...known, last: Math.max(known.last, index) })
  }
  for (const tensor of graph.inputs) touch(tensor, 0)
  steps.forEach((step, index) => {
    for (const tensor of tensorsOf(step)) touch(tensor, index)
  })
  for (const tensor of graph.outputs) touch(tensor, steps.length)
  return lifetimes
}
