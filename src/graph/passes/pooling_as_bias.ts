import { usesOf } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'
import { concatOffsets, type FusedConcatOp } from '../ops/concat.ts'
import type { FusedConv2dOp } from '../ops/conv2d.ts'
import type { FusedGraph, FusedOp } from '../ops/index.ts'
import type { ResizeOp } from '../ops/resize.ts'

interface Match {
  concat: FusedConcatOp
  projection: FusedConv2dOp
  /** The pooled vector's enlargement, which need not exist. */
  resize: ResizeOp
  offset: number
}

/**
 * The image-pooling branch of ASPP is constant over the map. What the 1×1 projection makes of it is therefore a bias per
 * image: that much is computed once from the pooled vector, and neither the enlarged branch nor its share of the
 * projection exists.
 */
export function poolingAsBias(graph: FusedGraph): FusedGraph {
  return graph.ops.reduce((edited, op) => {
    const match = op.kind === 'concat' ? findMatch(edited, op) : undefined
    return match ? rewrite(edited, match) : edited
  }, graph)
}

function findMatch(graph: FusedGraph, concat: FusedConcatOp): Match | undefined {
  const { producer, soleReader } = usesOf(graph)
  const projection = soleReader(concat.output)
  if (projection?.kind !== 'conv2d' || !isProjection(projection)) return undefined
  const offsets = concatOffsets(concat)
  for (const [i, input] of concat.inputs.entries()) {
    const resize = producer(input)
    const offset = offsets[i]
    const isAtAnEnd = offset === 0 || offset + input.shape[3] === concat.output.shape[3]
    if (
      resize?.kind === 'resize' &&
      isVector(resize.inputs.input) &&
      soleReader(input) === concat &&
      isAtAnEnd
    )
      return { concat, projection, resize, offset }
  }
  return undefined
}

function isProjection({ inputs, inputChannels, weight, stride, padding }: FusedConv2dOp): boolean {
  const [, , kernelH, kernelW] = weight.shape
  const isPadded = Object.values(padding).some(side => side > 0)
  const isPointwise = kernelH === 1 && kernelW === 1 && stride === 1 && !isPadded
  return isPointwise && !inputs.imageBias && !inputChannels
}

const isVector = ({ shape: [, h, w] }: Tensor) => h === 1 && w === 1

function rewrite(graph: FusedGraph, { concat, projection, resize, offset }: Match): FusedGraph {
  const pooled = resize.inputs.input
  const [n, h, w, channels] = concat.output.shape
  const pooledRange = { from: offset, to: offset + pooled.shape[3] }
  const restRange = offset === 0 ? { from: pooledRange.to, to: channels } : { from: 0, to: offset }
  const name = `${projection.output.name}.pooled`
  const bias: Tensor = { name, shape: [n, 1, 1, projection.output.shape[3]], dtype: 'f32' }
  const biasOp: FusedConv2dOp = {
    ...projection,
    name,
    inputs: { input: pooled },
    inputChannels: pooledRange,
    activation: 'none',
    output: bias,
  }
  const rest = concat.inputs.filter(input => input !== resize.output)
  const joined: Tensor =
    rest.length === 1 ? rest[0] : { ...concat.output, shape: [n, h, w, restRange.to - restRange.from] }
  const newConcat: FusedConcatOp[] = rest.length === 1 ? [] : [{ ...concat, inputs: rest, output: joined }]
  const newProjection: FusedConv2dOp = {
    ...projection,
    inputs: { ...projection.inputs, input: joined, imageBias: bias },
    inputChannels: restRange,
  }
  const edit = (op: FusedOp): FusedOp[] => {
    if (op === resize) return [biasOp]
    if (op === concat) return newConcat
    return op === projection ? [newProjection] : [op]
  }
  return { ...graph, ops: graph.ops.flatMap(edit) }
}
