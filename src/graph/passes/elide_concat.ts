import type { Conv2dOp, Graph, Op } from '../ir/graph.ts'
import { editOps, usesOf } from './uses.ts'

/** Convolutions write straight into their channels of a concatenation; what is left of it copies the other inputs. */
export function elideConcat(graph: Graph): Graph {
  const { producer, soleReader } = usesOf(graph)
  const writesInto = (op: Op): { concat: Op; offset: number } | undefined => {
    const concat = op.kind === 'conv2d' && op.outputOffset === undefined ? soleReader(op.output) : undefined
    if (concat?.kind !== 'concat') return undefined
    const offset = Number(Object.entries(concat.inputs).find(([, input]) => input === op.output)![0])
    // A kernel writes whole vectors of four channels.
    return offset % 4 === 0 ? { concat, offset } : undefined
  }
  return editOps(graph, op => {
    const target = writesInto(op)
    if (target) return [{ ...(op as Conv2dOp), output: target.concat.output, outputOffset: target.offset }]
    if (op.kind !== 'concat') return [op]
    const copied = Object.entries(op.inputs).filter(([, input]) => {
      const made = producer(input)
      return !made || !writesInto(made)
    })
    return copied.length === 0 ? [] : [{ ...op, inputs: Object.fromEntries(copied) }]
  })
}
