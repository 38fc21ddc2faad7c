import type { ConcatOp, Conv2dOp, Graph, Op, ResizeOp, Tensor } from '../ir/graph.ts'
import { editOps, usesOf } from './uses.ts'

interface Match {
  concat: ConcatOp
  projection: Conv2dOp
  /** The pooled vector's enlargement, which need not exist. */
  resize: ResizeOp
  offset: number
}

/**
 * The image-pooling branch of ASPP is constant over the map. What the 1×1 projection makes of it is therefore a bias per
 * image: that much is computed once from the pooled vector, and neither the enlarged branch nor its share of the
 * projection exists.
 */
export function poolingAsBias(graph: Graph): Graph {
  return graph.ops.reduce((edited, op) => {
    const match = op.kind === 'concat' ? findMatch(edited, op) : undefined
    return match ? rewrite(edited, match) : edited
  }, graph)
}

function findMatch(graph: Graph, concat: ConcatOp): Match | undefined {
  const { producer, soleReader } = usesOf(graph)
  const projection = soleReader(concat.output)
  if (projection?.kind !== 'conv2d' || projection.inputs.imageBias || projection.inputChannels)
    return undefined
  const [, , kernelH, kernelW] = projection.weight.shape
  if (kernelH !== 1 || kernelW !== 1 || projection.stride !== 1 || projection.padding.top !== 0)
    return undefined
  for (const [key, input] of Object.entries(concat.inputs)) {
    const resize = producer(input)
    const offset = Number(key)
    const atAnEnd = offset === 0 || offset + input.shape[3] === concat.output.shape[3]
    if (resize?.kind === 'resize' && isVector(resize.inputs.input) && soleReader(input) === concat && atAnEnd)
      return { concat, projection, resize, offset }
  }
  return undefined
}

const isVector = ({ shape: [, h, w] }: Tensor) => h === 1 && w === 1

function rewrite(graph: Graph, { concat, projection, resize, offset }: Match): Graph {
  const pooled = resize.inputs.input
  const [n, h, w, channels] = concat.output.shape
  const pooledRange = { from: offset, to: offset + pooled.shape[3] }
  const restRange = offset === 0 ? { from: pooledRange.to, to: channels } : { from: 0, to: offset }
  const name = `${projection.output.name}.pooled`
  const bias: Tensor = { name, shape: [n, 1, 1, projection.output.shape[3]], dtype: 'f32' }
  const biasOp: Conv2dOp = {
    ...projection,
    name,
    inputs: { input: pooled },
    inputChannels: pooledRange,
    activation: 'none',
    output: bias,
  }
  const rest = Object.entries(concat.inputs).filter(([key]) => Number(key) !== offset)
  const restInputs = Object.fromEntries(rest.map(([key, input]) => [Number(key) - restRange.from, input]))
  const joined: Tensor =
    rest.length === 1 ? rest[0][1] : { ...concat.output, shape: [n, h, w, restRange.to - restRange.from] }
  const newConcat: Op[] = rest.length === 1 ? [] : [{ ...concat, inputs: restInputs, output: joined }]
  const newProjection: Conv2dOp = {
    ...projection,
    inputs: { ...projection.inputs, input: joined, imageBias: bias },
    inputChannels: restRange,
  }
  return editOps(graph, op => {
    if (op === resize) return [biasOp]
    if (op === concat) return newConcat
    return op === projection ? [newProjection] : [op]
  })
}
