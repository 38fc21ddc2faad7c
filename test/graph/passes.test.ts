// Tests the effect of each pass on a small graph, and that it does not change the values.

import { expect } from 'chai'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { elideConcat } from '../../src/graph/passes/elide_concat.ts'
import { foldBatchNorms, foldingPasses, fuseActivations } from '../../src/graph/passes/fold.ts'
import { fuseAdd } from '../../src/graph/passes/fuse_add.ts'
import { allPasses, fusingPasses, optimise, type Passes } from '../../src/graph/passes/index.ts'
import { poolingAsBias } from '../../src/graph/passes/pooling_as_bias.ts'
import { residualInPlace } from '../../src/graph/passes/residual_in_place.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { NO_PASSES, relativeError, runGraph } from '../support/run_graph.ts'

const kinds = (graph: ModelGraph, passes: Passes): string[] =>
  optimise(graph, passes).ops.map(({ kind }) => kind)

/** Builds a graph on an image of 9×9. */
function graphOf(
  build: (builder: GraphBuilder, image: ReturnType<GraphBuilder['input']>) => ModelGraph,
): ModelGraph {
  const builder = new GraphBuilder()
  return build(builder, builder.input('image', [1, 9, 9, 3]))
}

const bottleneck = graphOf((g, image) => {
  const conv = (input: typeof image, name: string) =>
    g.batchNorm(g.conv2d(input, { name, outChannels: 8, kernel: 3 }), { name: `${name}.bn`, epsilon: 1e-5 })
  const shortcut = conv(image, 'shortcut')
  const inner = g.activation(conv(image, 'a'), 'relu')
  return g.build([g.activation(g.add(conv(inner, 'b'), shortcut, { name: 'sum' }), 'relu')])
})

/** A small ASPP: two convolutions and a pooled vector in parallel; `poolAt` is the position of the vector. */
const pyramid = (poolAt: number, branches = 2) =>
  graphOf((g, image) => {
    const pooled = g.conv2d(g.globalAveragePool(image, { name: 'mean' }), {
      name: 'p',
      outChannels: 8,
      kernel: 1,
    })
    const spread = g.resize(pooled, { name: 'spread', height: 9, width: 9, alignCorners: false })
    const parts = Array.from({ length: branches }, (_, i) =>
      g.conv2d(image, { name: `c${i}`, outChannels: 8, kernel: 3, dilation: i + 1 }),
    )
    parts.splice(poolAt, 0, spread)
    const joined = g.concat(parts, { name: 'concat' })
    const projected = g.batchNorm(g.conv2d(joined, { name: 'project', outChannels: 5, kernel: 1 }), {
      name: 'bn',
      epsilon: 1e-5,
    })
    return g.build([g.activation(projected, 'relu6')])
  })

/** Batch norm and activation on tensors that are read twice: neither may be folded. */
const shared = graphOf((g, image) => {
  const conv = g.conv2d(image, { name: 'conv', outChannels: 8, kernel: 1 })
  const normal = g.batchNorm(conv, { name: 'bn', epsilon: 1e-5 })
  const active = g.activation(normal, 'relu')
  return g.build([g.add(g.add(conv, normal, { name: 'sum' }), active, { name: 'total' })])
})

/** A residual unit. `read` says who else reads its shortcut besides the convolution that adds it. */
const unit = (read: 'once' | 'again' | 'outside' | 'at once') =>
  graphOf((g, image) => {
    const shortcut = g.conv2d(image, { name: 'shortcut', outChannels: 8, kernel: 1 })
    const inner =
      read === 'at once' ? shortcut : g.conv2d(shortcut, { name: 'reduce', outChannels: 4, kernel: 3 })
    const sum = g.add(g.conv2d(inner, { name: 'expand', outChannels: 8, kernel: 1 }), shortcut, {
      name: 'sum',
    })
    const after = read === 'again' ? g.add(g.activation(sum, 'relu'), shortcut, { name: 'more' }) : sum
    const last = g.conv2d(after, { name: 'after', outChannels: 8, kernel: 1 })
    return g.build(read === 'outside' ? [last, shortcut] : [last])
  })

describe('passes', () => {
  it('fold batch norm into the convolution before it', () => {
    expect(kinds(bottleneck, { folding: [foldBatchNorms], fusing: [] })).not.to.include('batchNorm')
  })

  it('fuse addition and activation into the later convolution', () => {
    const all = { folding: [foldBatchNorms, fuseActivations], fusing: [fuseAdd] }
    expect(kinds(bottleneck, all)).to.deep.equal(['conv2d', 'conv2d', 'conv2d'])
  })

  it('do not change tensors that others read', () => {
    const left = kinds(shared, allPasses)
    expect(left).to.deep.equal(['conv2d', 'batchNorm', 'activation', 'add', 'add'])
  })

  it('make the pooled branch a bias if it is first or last', () => {
    for (const graph of [pyramid(0), pyramid(2)]) {
      const edited = kinds(graph, { folding: [], fusing: [poolingAsBias] })
      expect(edited).not.to.include('resize')
      expect(edited.filter(kind => kind === 'conv2d')).to.have.lengthOf(5)
    }
  })

  it('keep a pooled branch in the middle, whose projection would not be one range of channels', () => {
    expect(kinds(pyramid(1), { folding: [], fusing: [poolingAsBias] })).to.include('resize')
  })

  it('remove a concatenation of convolutions, and one with a single input', () => {
    expect(kinds(pyramid(2), allPasses)).not.to.include('concat')
    expect(kinds(pyramid(0, 1), allPasses)).not.to.include('concat')
  })

  it('copy into a concatenation only inputs that no convolution writes there', () => {
    const edited = optimise(pyramid(1), { folding: [], fusing: [elideConcat] })
    const concat = edited.ops.find(op => op.kind === 'concat')!
    expect(concat.inputs.map(({ name }) => name)).to.deep.equal(['spread'])
    expect(concat.offsets).to.deep.equal([8])
  })

  it('write over a residual after its last read', () => {
    const inPlace = (graph: ModelGraph) =>
      optimise(graph, { folding: [], fusing: [fuseAdd, residualInPlace] }).ops.flatMap(op =>
        op.kind === 'conv2d' && op.inPlace ? [op.name] : [],
      )
    expect(inPlace(unit('once'))).to.deep.equal(['expand'])
    expect(inPlace(unit('again')), 'a later sum that reads it').to.deep.equal([])
    expect(inPlace(unit('outside')), 'an output').to.deep.equal([])
    expect(inPlace(unit('at once')), 'the convolution itself').to.deep.equal([])
  })

  const graphs = {
    bottleneck,
    shared,
    'residual unit': unit('once'),
    'residual unit, its shortcut an output': unit('outside'),
    'pyramid, pool first': pyramid(0),
    'pyramid, pool in the middle': pyramid(1),
    'pyramid, pool last': pyramid(2),
    'pyramid of one branch': pyramid(1, 1),
  }
  for (const [name, graph] of Object.entries(graphs)) {
    it(`do not change values: ${name}`, async () => {
      const gpu = await testGpu()
      const inputs = { image: seededImage(9, 9) }
      const { name: output } = graph.outputs[0]
      const { [output]: plain } = await runGraph(gpu, graph, { inputs, passes: NO_PASSES })
      const each: Passes[] = [
        ...foldingPasses.map(pass => ({ folding: [pass], fusing: [] })),
        ...fusingPasses.map(pass => ({ folding: [], fusing: [pass] })),
      ]
      for (const passes of [...each, allPasses]) {
        const { [output]: edited } = await runGraph(gpu, graph, { inputs, passes })
        expect(relativeError(edited as Float32Array, plain)).to.be.below(1e-5)
      }
    })
  }
})
