// What passes leave alone, and the fields that they set. The values are compared in passes.test.ts.

import { expect } from 'chai'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import type { FusedOps, ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { elideConcat } from '../../src/graph/passes/elide_concat.ts'
import { foldBatchNorms, fuseActivations } from '../../src/graph/passes/fold.ts'
import { fuseAdd } from '../../src/graph/passes/fuse_add.ts'
import { allPasses, optimise, type Passes } from '../../src/graph/passes/index.ts'
import { poolingAsBias } from '../../src/graph/passes/pooling_as_bias.ts'
import { residualInPlace } from '../../src/graph/passes/residual_in_place.ts'
import { storeAsFloat16 } from '../../src/graph/passes/store_as_float16.ts'

/** A graph with one output, or several, on an image of 9×9 with 8 channels. */
function graphOf(build: (g: GraphBuilder, image: Tensor) => Tensor | Tensor[]): ModelGraph {
  const builder = new GraphBuilder()
  return builder.build([build(builder, builder.input('image', [1, 9, 9, 8]))].flat())
}

/** Names and kinds of the ops that some passes leave. */
const opsAfter = (graph: ModelGraph, passes: Partial<Passes>): string[] =>
  optimise(graph, { folding: [], fusing: [], ...passes }).ops.map(({ name, kind }) => `${name}: ${kind}`)

const conv2dsAfter = (graph: ModelGraph, passes: Partial<Passes>): FusedOps['conv2d'][] =>
  optimise(graph, { folding: [], fusing: [], ...passes }).ops.filter(op => op.kind === 'conv2d')

const conv = (g: GraphBuilder, input: Tensor, name: string, options: object = {}): Tensor =>
  g.conv2d(input, { name, outChannels: 8, kernel: 1, ...options })
const bn = (g: GraphBuilder, input: Tensor, name: string): Tensor =>
  g.batchNorm(input, { name, epsilon: 1e-5 })

describe('folding of batch norm', () => {
  const folding = [foldBatchNorms]

  it('takes dense and depthwise convolutions', () => {
    const graph = graphOf((g, image) => {
      const dense = bn(g, conv(g, image, 'a'), 'a.bn')
      return bn(g, g.depthwiseConv2d(dense, { name: 'b', kernel: 3 }), 'b.bn')
    })
    expect(opsAfter(graph, { folding })).to.deep.equal(['a: conv2d', 'b: depthwiseConv2d'])
  })

  it('leaves one behind another op', () => {
    const graph = graphOf((g, image) => {
      const pooled = g.maxPool(image, { name: 'pool', kernel: 3, stride: 2, padding: 1 })
      return bn(g, pooled, 'bn')
    })
    expect(opsAfter(graph, { folding })).to.deep.equal(['pool: maxPool', 'bn: batchNorm'])
  })

  it('leaves one on an input of the graph', () => {
    const graph = graphOf((g, image) => conv(g, bn(g, image, 'bn'), 'a'))
    expect(opsAfter(graph, { folding })).to.deep.equal(['bn: batchNorm', 'a: conv2d'])
  })

  it('leaves the second of two, however often the pass runs', () => {
    const graph = graphOf((g, image) => bn(g, bn(g, conv(g, image, 'a'), 'first'), 'second'))
    const expected = ['a: conv2d', 'second: batchNorm']
    expect(opsAfter(graph, { folding })).to.deep.equal(expected)
    expect(opsAfter(graph, { folding: [foldBatchNorms, foldBatchNorms] })).to.deep.equal(expected)
  })

  it('leaves one behind a convolution that is activated already', () => {
    const graph = graphOf((g, image) => bn(g, g.activation(conv(g, image, 'a'), 'relu'), 'bn'))
    const ops = opsAfter(graph, { folding: [fuseActivations, foldBatchNorms] })
    expect(ops).to.deep.equal(['a: conv2d', 'bn: batchNorm'])
  })

  it('leaves one whose convolution is read elsewhere, too', () => {
    const graph = graphOf((g, image) => {
      const a = conv(g, image, 'a')
      return [bn(g, a, 'bn'), conv(g, a, 'b')]
    })
    expect(opsAfter(graph, { folding })).to.deep.equal(['a: conv2d', 'bn: batchNorm', 'b: conv2d'])
  })

  it('keeps the name of the output', () => {
    const [a] = conv2dsAfter(
      graphOf((g, image) => bn(g, conv(g, image, 'a'), 'bn')),
      { folding },
    )
    expect(a.output.name).to.equal('bn')
    expect(a.batchNorm?.gamma.name).to.equal('bn.weight')
    expect(a.activation).to.equal('none')
  })
})

describe('fusing of activations', () => {
  const folding = [fuseActivations]

  it('takes every op that can end in one', () => {
    const graph = graphOf((g, image) => {
      const a = g.activation(conv(g, image, 'a'), 'relu')
      const b = g.activation(g.depthwiseConv2d(a, { name: 'b', kernel: 3 }), 'relu6')
      const c = g.activation(bn(g, b, 'c'), 'relu')
      return g.activation(g.add(c, a, { name: 'd' }), 'relu6')
    })
    const { ops } = optimise(graph, { folding, fusing: [] })
    const activations = ops.map(op => ('activation' in op ? `${op.kind} ${op.activation}` : op.kind))
    expect(activations).to.deep.equal(['conv2d relu', 'depthwiseConv2d relu6', 'batchNorm relu', 'add relu6'])
  })

  it('leaves one on an input of the graph, and one behind an op that has none', () => {
    const graph = graphOf((g, image) => {
      const pooled = g.maxPool(g.activation(image, 'relu'), {
        name: 'pool',
        kernel: 3,
        stride: 1,
        padding: 1,
      })
      return g.activation(pooled, 'relu')
    })
    expect(opsAfter(graph, { folding })).to.deep.equal([
      'image.relu: activation',
      'pool: maxPool',
      'pool.relu: activation',
    ])
  })

  it('leaves the second of two, however often the pass runs', () => {
    const graph = graphOf((g, image) => g.activation(g.activation(conv(g, image, 'a'), 'relu'), 'relu6'))
    const expected = ['a: conv2d', 'a.relu.relu6: activation']
    expect(opsAfter(graph, { folding })).to.deep.equal(expected)
    expect(opsAfter(graph, { folding: [fuseActivations, fuseActivations] })).to.deep.equal(expected)
  })
})

describe('fusing of additions', () => {
  const fusing = [fuseAdd]

  it('lets the later of two convolutions add the other, in whichever order the addition names them', () => {
    for (const swap of [false, true]) {
      const graph = graphOf((g, image) => {
        const [a, b] = [conv(g, image, 'a'), conv(g, image, 'b')]
        return swap ? g.add(b, a, { name: 'sum' }) : g.add(a, b, { name: 'sum' })
      })
      const [a, b] = conv2dsAfter(graph, { fusing })
      expect(a.inputs).to.not.have.property('residual')
      expect(b.name).to.equal('b')
      expect(b.inputs.residual).to.equal(a.output)
      expect(b.output.name).to.equal('sum')
    }
  })

  it('takes depthwise convolutions, and the activation of the sum', () => {
    const graph = graphOf((g, image) => {
      const a = g.depthwiseConv2d(image, { name: 'a', kernel: 3 })
      return g.activation(g.add(image, a, { name: 'sum' }), 'relu')
    })
    const [a, ...others] = optimise(graph, { folding: [fuseActivations], fusing }).ops
    expect(others).to.deep.equal([])
    expect(a).to.deep.include({ kind: 'depthwiseConv2d', activation: 'relu' })
    expect(a.inputs).to.have.nested.property('residual.name', 'image')
  })

  it('leaves the sum of ops that are no convolutions', () => {
    const graph = graphOf((g, image) => {
      const pooled = g.maxPool(image, { name: 'pool', kernel: 3, stride: 1, padding: 1 })
      return g.add(image, pooled, { name: 'sum' })
    })
    expect(opsAfter(graph, { fusing })).to.deep.equal(['pool: maxPool', 'sum: add'])
  })

  it('leaves the sum of what is activated before it', () => {
    const graph = graphOf((g, image) =>
      g.add(g.activation(conv(g, image, 'a'), 'relu'), image, { name: 'sum' }),
    )
    expect(opsAfter(graph, { folding: [fuseActivations], fusing })).to.deep.equal(['a: conv2d', 'sum: add'])
  })

  it('leaves the sum of a convolution with itself, and of one that is read elsewhere, too', () => {
    const twice = graphOf((g, image) => {
      const a = conv(g, image, 'a')
      return g.add(a, a, { name: 'sum' })
    })
    expect(opsAfter(twice, { fusing })).to.deep.equal(['a: conv2d', 'sum: add'])
    const elsewhere = graphOf((g, image) => {
      const a = conv(g, image, 'a')
      return [g.add(a, image, { name: 'sum' }), conv(g, a, 'b')]
    })
    expect(opsAfter(elsewhere, { fusing })).to.deep.equal(['a: conv2d', 'sum: add', 'b: conv2d'])
  })

  it('leaves the second sum of a convolution, however often the pass runs', () => {
    const graph = graphOf((g, image) => {
      const other = g.maxPool(image, { name: 'other', kernel: 3, stride: 1, padding: 1 })
      const first = g.add(conv(g, image, 'a'), image, { name: 'first' })
      return g.add(first, other, { name: 'second' })
    })
    const expected = ['other: maxPool', 'a: conv2d', 'second: add']
    expect(opsAfter(graph, { fusing })).to.deep.equal(expected)
    expect(opsAfter(graph, { fusing: [fuseAdd, fuseAdd] })).to.deep.equal(expected)
  })
})

describe('pooling as a bias', () => {
  const fusing = [poolingAsBias]
  /** A pooled branch beside `branches` convolutions of 8 channels, at place `at`, and what projects them. */
  const pyramid = ({
    at = 0,
    branches = 1,
    project = {},
    pooledSize = 1,
    readElsewhere = false,
  }: {
    at?: number
    branches?: number
    project?: object
    pooledSize?: number
    readElsewhere?: boolean
  } = {}) =>
    graphOf((g, image) => {
      const pooled =
        pooledSize === 1
          ? g.globalAveragePool(image, { name: 'mean' })
          : g.maxPool(image, { name: 'mean', kernel: 3, stride: 8, padding: 1 })
      const spread = g.resize(pooled, { name: 'spread', height: 9, width: 9, alignCorners: false })
      const parts = Array.from({ length: branches }, (_, i) => conv(g, image, `c${i}`, { outChannels: 12 }))
      parts.splice(at, 0, spread)
      const joined = g.concat(parts, { name: 'concat' })
      const projected = g.conv2d(joined, { name: 'project', outChannels: 5, kernel: 1, ...project })
      return readElsewhere ? [projected, conv(g, spread, 'elsewhere')] : [projected]
    })
  const isRewritten = (graph: ModelGraph) =>
    optimise(graph, { folding: [], fusing }).ops.some(({ name }) => name === 'project.pooled')

  it('splits the input channels of the projection', () => {
    for (const [at, pooled, rest] of [
      [0, { from: 0, to: 8 }, { from: 8, to: 32 }],
      [2, { from: 24, to: 32 }, { from: 0, to: 24 }],
    ] as const) {
      const ops = conv2dsAfter(pyramid({ at, branches: 2 }), { fusing })
      const [bias, project] = ['project.pooled', 'project'].map(name => ops.find(op => op.name === name)!)
      expect(bias).to.deep.include({ inputChannels: pooled, activation: 'none' })
      expect(bias.inputs.input.name).to.equal('mean')
      expect(bias.output.shape).to.deep.equal([1, 1, 1, 5])
      expect(project.inputChannels).to.deep.equal(rest)
      expect(project.inputs.imageBias).to.equal(bias.output)
      expect(project.inputs.input.shape).to.deep.equal([1, 9, 9, 24])
    }
  })

  it('needs no concatenation of a single branch', () => {
    const ops = opsAfter(pyramid(), { fusing })
    expect(ops).to.have.members([
      'mean: globalAveragePool',
      'c0: conv2d',
      'project.pooled: conv2d',
      'project: conv2d',
    ])
  })

  it('happens where one pixel is spread and a 1×1 convolution without padding and stride projects', () => {
    expect(isRewritten(pyramid())).to.equal(true)
    for (const kernel of [3, [1, 3], [3, 1]])
      expect(isRewritten(pyramid({ project: { kernel, padding: 0 } })), `kernel ${kernel}`).to.equal(false)
    expect(isRewritten(pyramid({ project: { stride: 2 } })), 'stride').to.equal(false)
    const none = { top: 0, bottom: 0, left: 0, right: 0 }
    for (const side of ['top', 'bottom', 'left', 'right'])
      expect(isRewritten(pyramid({ project: { padding: { ...none, [side]: 1 } } })), side).to.equal(false)
    expect(isRewritten(pyramid({ pooledSize: 2 })), 'two pixels').to.equal(false)
    expect(isRewritten(pyramid({ readElsewhere: true })), 'read elsewhere').to.equal(false)
  })

  it('needs a projection, and one that takes all channels', () => {
    const pooledAnd = (finish: (g: GraphBuilder, joined: Tensor, image: Tensor) => Tensor) =>
      graphOf((g, image) => {
        const pooled = g.globalAveragePool(image, { name: 'mean' })
        const spread = g.resize(pooled, { name: 'spread', height: 9, width: 9, alignCorners: false })
        return finish(g, g.concat([spread, image], { name: 'concat' }), image)
      })
    const pool = pooledAnd((g, joined) => g.maxPool(joined, { name: 'p', kernel: 3, stride: 1, padding: 1 }))
    expect(opsAfter(pool, { fusing })).to.include('spread: resize')
    const output = pooledAnd((_, joined) => joined)
    expect(opsAfter(output, { fusing })).to.include('spread: resize')
  })

  it('takes one of two pooled branches', () => {
    const graph = graphOf((g, image) => {
      const spread = [1, 2].map(i => {
        const pooled = g.globalAveragePool(image, { name: `mean ${i}` })
        return g.resize(pooled, { name: `spread ${i}`, height: 9, width: 9, alignCorners: false })
      })
      const joined = g.concat([spread[0], image, spread[1]], { name: 'concat' })
      return g.conv2d(joined, { name: 'project', outChannels: 5, kernel: 1 })
    })
    for (const passes of [fusing, [poolingAsBias, poolingAsBias]]) {
      const ops = opsAfter(graph, { fusing: passes })
      expect(ops).to.include('spread 2: resize').and.not.include('spread 1: resize')
      expect(ops.filter(op => op === 'project.pooled: conv2d')).to.have.length(1)
    }
  })
})

describe('elision of concatenations', () => {
  const fusing = [elideConcat]

  it('writes at the offsets of the parts', () => {
    const graph = graphOf((g, image) =>
      g.concat([conv(g, image, 'a'), conv(g, image, 'b', { outChannels: 4 }), conv(g, image, 'c')], {
        name: 'concat',
      }),
    )
    const ops = conv2dsAfter(graph, { fusing })
    expect(ops.map(({ outputOffset }) => outputOffset)).to.deep.equal([0, 8, 12])
    for (const { output } of ops) expect(output.name).to.equal('concat')
    expect(opsAfter(graph, { fusing })).to.have.length(3)
    // A second run finds nothing to do.
    expect(conv2dsAfter(graph, { fusing: [elideConcat, elideConcat] })).to.deep.equal(ops)
  })

  it('copies parts that do not start at a whole vector, and parts that are read elsewhere, too', () => {
    const odd = graphOf((g, image) =>
      g.concat([conv(g, image, 'a', { outChannels: 6 }), conv(g, image, 'b')], { name: 'concat' }),
    )
    const [a, b, concat] = optimise(odd, { folding: [], fusing }).ops
    expect([a, b]).to.satisfy(() => 'outputOffset' in a && !('outputOffset' in b))
    expect(concat).to.deep.include({ kind: 'concat', offsets: [6] })
    const elsewhere = graphOf((g, image) => {
      const first = conv(g, image, 'a')
      return [g.concat([first, conv(g, image, 'b')], { name: 'concat' }), conv(g, first, 'c')]
    })
    expect(opsAfter(elsewhere, { fusing })).to.include('concat: concat')
    expect(conv2dsAfter(elsewhere, { fusing }).map(({ outputOffset }) => outputOffset)).to.deep.equal([
      undefined,
      8,
      undefined,
    ])
  })
})

describe('residuals in place', () => {
  const fusing = [fuseAdd, residualInPlace]
  const inPlace = (graph: ModelGraph, passes: Passes['fusing'] = fusing) =>
    conv2dsAfter(graph, { fusing: passes }).flatMap(op => (op.inPlace ? [op.name] : []))

  it('do not write over an input of the graph', () => {
    expect(inPlace(graphOf((g, image) => g.add(conv(g, image, 'a'), image, { name: 'sum' })))).to.deep.equal(
      [],
    )
  })

  it('write over no residual where the output is a slice', () => {
    const graph = graphOf((g, image) => {
      const shortcut = conv(g, image, 'shortcut')
      const sum = g.add(conv(g, image, 'a'), shortcut, { name: 'sum' })
      return g.concat([sum, conv(g, image, 'b')], { name: 'concat' })
    })
    expect(inPlace(graph)).to.deep.equal(['a'])
    expect(inPlace(graph, [fuseAdd, elideConcat, residualInPlace])).to.deep.equal([])
  })

  it('are of dense convolutions alone', () => {
    const graph = graphOf((g, image) => {
      const shortcut = conv(g, image, 'shortcut')
      return g.add(g.depthwiseConv2d(image, { name: 'a', kernel: 3 }), shortcut, { name: 'sum' })
    })
    const { ops } = optimise(graph, { folding: [], fusing })
    expect(ops.filter(op => 'inPlace' in op && op.inPlace)).to.deep.equal([])
  })
})

describe('storage as f16', () => {
  it('changes f32 alone: pixels, class ids and sums of probabilities stay as they are', () => {
    const builder = new GraphBuilder()
    const photo = builder.input('photo', [1, 9, 9, 4], 'rgba8')
    const size = { height: 9, width: 9 }
    const image = builder.preprocess(photo, { name: 'image', ...size, mean: [0, 0, 0], std: [1, 1, 1] })
    const logits = conv(builder, image, 'logits')
    const views = [{ logits, flip: false, weight: 1 }]
    const sums = builder.meanProbabilities(views, { name: 'sums', ...size, alignCorners: false })
    const mask = builder.upsampleArgmax(sums, { name: 'mask', ...size, alignCorners: false })
    const { ops, inputs, outputs } = storeAsFloat16(optimise(builder.build([mask, logits]), allPasses))
    const types = [...inputs, ...ops.map(({ output }) => output)].map(({ name, dtype }) => `${name} ${dtype}`)
    expect(types).to.deep.equal(['photo rgba8', 'image f16', 'logits f16', 'sums f32', 'mask class8'])
    expect(outputs).to.deep.equal([ops[3].output, ops[1].output])
    // A tensor is one object wherever it is read: plans look tensors up.
    expect(outputs[1]).to.equal(ops[1].output)
    expect(ops[1].inputs).to.have.property('input', ops[0].output)
  })
})
