// Tests autodiff for batch norm. test/train compares the gradients with PyTorch's.

import { expect } from 'chai'
import { type TrainingGraphOptions, trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { presets } from '../../src/model/presets.ts'

const frozen = (build: Build) => training(build, { mode: 'frozen' })

type Build = (builder: GraphBuilder, image: Tensor) => Tensor

function training(build: Build, batchNorm: TrainingGraphOptions['batchNorm']) {
  const builder = new GraphBuilder()
  const logits = build(builder, builder.input('image', [1, 65, 65, 3]))
  return trainingGraph(builder.build([logits]), {
    labels: { height: 65, width: 65 },
    ignoreIndex: 255,
    batchNorm,
  })
}

describe('a sum of gradients', () => {
  /**
   * The sum of the gradients of `features`, which a convolution reads and, later, an addition: the op that makes it, and the
   * remaining additions.
   */
  function sumOf(convolution: { stride?: number; depthwise?: boolean }) {
    const { ops } = frozen((builder, image) => {
      const features = builder.conv2d(image, { name: 'features', outChannels: 4, kernel: 1 })
      const options = { name: 'branch', outChannels: 4, kernel: 3, padding: 1, stride: convolution.stride }
      const branch = convolution.depthwise
        ? builder.depthwiseConv2d(features, options)
        : builder.conv2d(features, options)
      const shortcut = convolution.stride
        ? builder.maxPool(features, { name: 'shortcut', kernel: 3, stride: 2, padding: 1 })
        : features
      const sum = builder.add(shortcut, builder.activation(branch, 'relu'), { name: 'sum' })
      return builder.conv2d(sum, { name: 'classifier', outChannels: 4, kernel: 1 })
    })
    const backward = ops.slice(ops.findIndex(({ kind }) => kind === 'crossEntropyBackward'))
    return {
      adds: backward.filter(({ kind }) => kind === 'add').length,
      branch: backward.find(({ name }) => name === 'features.gradient by branch'),
    }
  }

  it('is computed in place by the last convolution', () => {
    const { adds, branch } = sumOf({})
    expect(adds).to.equal(0)
    expect(branch).to.include({ kind: 'conv2dBackwardInput', inPlace: true })
    expect(branch!.inputs).to.have.property('residual')
  })

  it('is a separate op after a convolution with a stride, and after a depthwise one', () => {
    for (const convolution of [{ stride: 2 }, { depthwise: true }]) {
      const { adds, branch } = sumOf(convolution)
      expect(adds).to.equal(1)
      expect(branch!.inputs).not.to.have.property('residual')
    }
  })
})

describe('batch norm over the batch', () => {
  it('masks the gradient of its own activation: only sums need an op for this', () => {
    for (const { name, config } of presets.slice(0, 3)) {
      const mode = { mode: 'batch', momentum: 0.1 } as const
      const { ops } = training((builder, image) => deepLab(builder, image, config), mode)
      const activated = ops.flatMap(op => (op.kind === 'activationBackward' ? [op.inputs.activated] : []))
      const makers = new Set(activated.map(tensor => ops.find(({ output }) => output === tensor)!.kind))
      expect([...makers], name).to.have.members(name.includes('resnet') ? ['add'] : [])
    }
  })
})

describe('frozen batch norm in training', () => {
  it('is folded away in every preset', () => {
    for (const { name, config } of presets) {
      const { ops } = frozen((builder, image) => deepLab(builder, image, config))
      const left = ops.filter(({ kind }) => kind.startsWith('batchNorm'))
      expect(left, name).to.deep.equal([])
    }
  })

  it('is refused with its name if it does not follow a convolution', () => {
    const build = (builder: GraphBuilder, image: Tensor) => {
      const pooled = builder.maxPool(image, { name: 'pool', kernel: 3, stride: 2, padding: 1 })
      const normal = builder.batchNorm(pooled, { name: 'bn', epsilon: 1e-5 })
      return builder.conv2d(normal, { name: 'classifier', outChannels: 4, kernel: 1 })
    }
    expect(() => frozen(build)).to.throw(
      'batchNorm has no gradient (bn): its statistics are fixed, and no convolution stands before it to fold it into',
    )
  })

  it('is refused after a convolution with a bias, with the convolution’s name', () => {
    const build = (builder: GraphBuilder, image: Tensor) => {
      const features = builder.conv2d(image, { name: 'features', outChannels: 4, kernel: 1, bias: true })
      return builder.batchNorm(features, { name: 'bn', epsilon: 1e-5 })
    }
    expect(() => frozen(build)).to.throw(
      'a convolution with a bias and a frozen batch norm behind it has no gradient: leave the bias out (features)',
    )
  })
})
