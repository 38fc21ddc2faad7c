import { usesOf } from '../ir/graph.ts'
import { concatOffsets, type FusedConcatOp } from '../ops/concat.ts'
import type { FusedConv2dOp } from '../ops/conv2d.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'

/** Convolutions write straight into their channels of a concatenation; what is left of it copies the other inputs. */
export function elideConcat(graph: FusedGraph): FusedGraph {
  const { producer, soleReader } = usesOf(graph)
  const placeOf = (op: FusedConv2dOp): { concat: FusedConcatOp; offset: number } | undefined => {
    const concat = op.outputOffset === undefined ? soleReader(op.output) : undefined
    if (concat?.kind !== 'concat') return undefined
    const offset = concatOffsets(concat)[concat.inputs.indexOf(op.output)]
    // A kernel writes whole vectors of four channels.
    return offset % 4 === 0 ? { concat, offset } : undefined
  }
  const isWritten = (made: FusedOp | undefined) => made?.kind === 'conv2d' && placeOf(made) !== undefined
  const edit = (op: FusedOp): FusedOp[] => {
    if (op.kind === 'conv2d') {
      const place = placeOf(op)
      return place ? [{ ...op, output: place.concat.output, outputOffset: place.offset }] : [op]
    }
    if (op.kind !== 'concat') return [op]
    const offsets = concatOffsets(op)
    const copied = op.inputs
      .map((input, i) => ({ input, offset: offsets[i] }))
      .filter(({ input }) => !isWritten(producer(input)))
    if (copied.length === 0) return []
    const inputs = copied.map(({ input }) => input)
    return [{ ...op, inputs, offsets: copied.map(({ offset }) => offset) }]
  }
  return { ...graph, ops: graph.ops.flatMap(edit) }
}
