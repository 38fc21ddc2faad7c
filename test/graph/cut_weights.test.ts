// Weights that are larger than the GPU binds are in parts, to the same result, in inference and in training.

import { expect } from 'chai'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { cutParameter, valuesOf } from '../../src/graph/ir/parameter_rows.ts'
import type { Parameter } from '../../src/graph/ir/tensor.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError, runGraph, seededParameters } from '../support/run_graph.ts'
import { DEFAULT_LIMITS, targetOf } from '../support/target.ts'
import { trainGraph } from '../support/train_graph.ts'
import { withLimits } from '../support/with_limits.ts'

/** `wide` has a weight of 180 kB and a bias; the one before it and the classifier are small. */
function network() {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, 6, 7, 3])
  const small = builder.activation(
    builder.conv2d(image, { name: 'small', outChannels: 20, kernel: 3, bias: true }),
    'relu',
  )
  const wide = builder.activation(
    builder.conv2d(small, { name: 'wide', outChannels: 250, kernel: 3, bias: true, padding: 0 }),
    'relu',
  )
  return builder.build([builder.conv2d(wide, { name: 'logits', outChannels: 5, kernel: 1, bias: true })])
}

const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 100e3, maxBufferSize: 150e3 }
const inputs = { image: seededImage(6, 7) }

const sum = (parameters: Parameter[]) => parameters.reduce((rows, { shape }) => rows + shape[0], 0)

describe('a weight that is too large to be bound', () => {
  const weight: Parameter = { name: 'fc6.weight', shape: [4096, 512, 7, 7] }

  it('is cut into parts of about the same size, FCN’s fc6 into four', () => {
    const parts = cutParameter(weight, DEFAULT_LIMITS)
    expect(parts.map(({ shape }) => shape)).to.deep.equal(Array(4).fill([1024, 512, 7, 7]))
    expect(parts.map(({ rows }) => rows!.from)).to.deep.equal([0, 1024, 2048, 3072])
    expect(parts[1].name).to.equal('fc6.weight 1024…2047')
  })

  it('stays whole where it can be bound, or where not even few of its rows can', () => {
    const roomy = { maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 30 }
    expect(cutParameter(weight, roomy)).to.deep.equal([weight])
    const tiny = { maxStorageBufferBindingSize: 1e5, maxBufferSize: 1e5 }
    expect(cutParameter(weight, tiny)).to.deep.equal([weight])
  })

  it('has all its values in its parts', () => {
    const parameter: Parameter = { name: 'w', shape: [250, 20, 3, 3] }
    const values = Float32Array.from({ length: 250 * 180 }, (_, i) => i)
    const parts = cutParameter(parameter, limits)
    expect(parts).to.have.lengthOf(2)
    expect(sum(parts)).to.equal(250)
    const joined = parts.flatMap(part => [...valuesOf(part, new Map([['w', values]]))])
    expect(Float32Array.from(joined)).to.deep.equal(values)
  })

  it('is several convolutions of a plan, which write side by side', () => {
    const { graph } = createPlan(network(), targetOf({ limits }))
    const wide = graph.ops.filter(({ name }) => name.startsWith('wide'))
    expect(wide.map(op => 'outputOffset' in op && op.outputOffset)).to.deep.equal([0, 128])
    expect(new Set(wide.map(({ output }) => output)).size).to.equal(1)
  })

  for (const withoutSubgroups of [false, true])
    it(`gives the same logits${withoutSubgroups ? ', as without subgroups (slow)' : ''}`, async () => {
      const gpu = await testGpu()
      const run = () => runGraph(gpu, network(), { inputs, withoutSubgroups })
      const [whole, inParts] = [await run(), await withLimits(gpu, limits, run)]
      expect(relativeError(inParts.logits as Float32Array, whole.logits as Float32Array)).to.be.below(1e-6)
    })

  it('learns the same', async () => {
    const gpu = await testGpu()
    const learn = () => {
      const graph = trainingGraph(network(), {
        labels: { height: 6, width: 7 },
        ignoreIndex: 255,
        batchNorm: { mode: 'frozen' },
      })
      const labels = Uint8Array.from({ length: 44 }, (_, i) => i % 5)
      return trainGraph(gpu, graph, {
        inputs: { ...inputs, labels },
        parameters: seededParameters(network()),
        learningRates: [0.1, 0.1, 0.1],
        momentum: 0.9,
        weightDecay: 1e-3,
      })
    }
    const [whole, inParts] = [await learn(), await withLimits(gpu, limits, learn)]
    whole.losses.forEach((loss, i) => {
      expect(inParts.losses[i] / loss).to.be.closeTo(1, 1e-6)
    })
    expect([...inParts.parameters.keys()]).to.have.members([...whole.parameters.keys()])
    for (const [name, values] of whole.parameters)
      expect(relativeError(inParts.parameters.get(name)!, values), name).to.be.below(1e-5)
  })
})
