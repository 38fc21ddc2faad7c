// Tests dropout in training: the masked forward pass and its gradient, and that it affects nothing else.

import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { trainingGraph } from '../../src/graph/autodiff/training_graph.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { type DeepLabOptions, deepLabConfig } from '../../src/model/config.ts'
import { deepLab, deepLabInTraining } from '../../src/model/deeplab.ts'
import { initialWeights } from '../../src/model/initial_weights.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import type { TrainingOptions } from '../../src/train/training_options.ts'
import { TrainingRun, type TrainingStart } from '../../src/train/training_run.ts'
import { seededParameter } from '../model/seeded_weights.ts'
import { TINY } from '../node/tiny_model.ts'
import { type Array4, randomArray4 } from '../reference/array4.ts'
import { conv2d } from '../reference/conv2d.ts'
import { dropout } from '../reference/dropout.ts'
import { softmaxCrossEntropy } from '../reference/softmax_cross_entropy.ts'
import { padding } from '../reference/window.ts'
import { testGpu } from '../support/gpu.ts'
import { trainGraph } from '../support/train_graph.ts'
import { SHORT_RUN } from './short_networks.ts'

const SIZE = 6
const IMAGE = randomArray4([1, SIZE, SIZE, 3], 1)
const LABELS = Uint8Array.from({ length: SIZE * SIZE }, (_, i) => (i % 7 === 0 ? 255 : i % 4))
const MASK = { p: 0.4, seed: 9 }

/** An image through a convolution, dropout and a classifier of four classes. */
function network() {
  const builder = new GraphBuilder()
  const image = builder.input('image', IMAGE.shape)
  const step = builder.input('step', [1, 1, 1, 1], 'u32')
  const features = builder.conv2d(image, { name: 'features', outChannels: 5, kernel: 1 })
  const kept = builder.dropout(features, { name: 'dropout', ...MASK, step })
  return builder.build([builder.conv2d(kept, { name: 'classifier', outChannels: 4, kernel: 1 })])
}

const stepBytes = (step: number) => new Uint8Array(Uint32Array.of(step).buffer)

/** The gradients: the change of the weights in one update at a learning rate of 1. */
async function gradientsOnGpu(gpu: Gpu, step: number) {
  const forward = network()
  const graph = trainingGraph(forward, {
    labels: { height: SIZE, width: SIZE },
    ignoreIndex: 255,
    batchNorm: { mode: 'frozen' },
  })
  const seeded = graphParameters(forward).map(
    parameter => [parameter.name, seededParameter(parameter)] as const,
  )
  const before = new Map(seeded)
  const { losses, parameters } = await trainGraph(gpu, graph, {
    inputs: { image: Float32Array.from(IMAGE.data), labels: LABELS, step: stepBytes(step) },
    parameters: before,
    learningRates: [1],
    momentum: 0,
    weightDecay: 0,
  })
  const gradient = (name: string) => before.get(name)!.map((value, i) => value - parameters.get(name)![i])
  return { loss: losses[0], features: gradient('features.weight'), classifier: gradient('classifier.weight') }
}

/** The loss in float64, for weights of the two convolutions. */
function referenceLoss(features: Float64Array, classifier: Float64Array, step: number): number {
  const convolve = (input: Array4, data: Float64Array) => {
    const channels = input.shape[3]
    const weight: Array4 = { shape: [data.length / channels, channels, 1, 1], data }
    return conv2d({ input, weight, stride: 1, dilation: 1, padding: padding(0) })
  }
  const kept = dropout({ input: convolve(IMAGE, features), ...MASK, step })
  const logits = convolve(kept, classifier)
  const given = { height: SIZE, width: SIZE, alignCorners: false, ignoreIndex: 255 }
  return softmaxCrossEntropy({ ...given, logits, labels: LABELS }).loss
}

describe('dropout in a training graph', () => {
  for (const step of [0, 1])
    it(`loss and gradients of step ${step}, against finite differences in float64`, async () => {
      const found = await gradientsOnGpu(await testGpu(), step)
      const [features, classifier] = ['features', 'classifier'].map((name, i) =>
        Float64Array.from(
          seededParameter({
            name: `${name}.weight`,
            shape: [
              [5, 3, 1, 1],
              [4, 5, 1, 1],
            ][i],
          }),
        ),
      )
      expect(found.loss).to.be.closeTo(referenceLoss(features, classifier, step), 1e-6)
      const along = (values: Float64Array, loss: (moved: Float64Array) => number) =>
        [...values.keys()].map(i => {
          const moved = (by: number) => loss(values.with(i, values[i] + by))
          return (moved(1e-5) - moved(-1e-5)) / 2e-5
        })
      const close = (actual: Float32Array, expected: number[]) =>
        expected.forEach((value, i) => {
          expect(actual[i], `element ${i}`).to.be.closeTo(value, 1e-6)
        })
      close(
        found.features,
        along(features, moved => referenceLoss(moved, classifier, step)),
      )
      close(
        found.classifier,
        along(classifier, moved => referenceLoss(features, moved, step)),
      )
    })

  const networks: DeepLabOptions[] = [
    TINY,
    { backbone: 'resnet50', units: [1, 1, 1, 1], multiGrid: [1], width: 1 / 16, aspp: null },
    { backbone: 'mobilenet_v2', depthMultiplier: 0.1 },
  ]
  for (const options of networks)
    it(`is before the head's last layers in ${JSON.stringify(options)}, and not in inference`, () => {
      const config = deepLabConfig(options)
      const build = (make: (builder: GraphBuilder, image: Tensor) => Tensor[]) => {
        const builder = new GraphBuilder()
        return builder.build(make(builder, builder.input('image', [1, 33, 33, 3]))).ops
      }
      const training = build((builder, image) => {
        const dropout = { ...MASK, step: builder.input('step', [1, 1, 1, 1], 'u32') }
        return deepLabInTraining(builder, image, config, { outputStride: 16, dropout })
      })
      expect(training.at(-2)!.kind).to.equal('dropout')
      expect(training.filter(({ kind }) => kind === 'dropout')).to.have.length(1)
      const inference = build((builder, image) => [deepLab(builder, image, config, 16)])
      expect(training.filter(({ kind }) => kind !== 'dropout').map(({ name }) => name)).to.deep.equal(
        inference.map(({ name }) => name),
      )
    })

  /** The losses of steps that change nothing, since their learning rate is 0. */
  async function losses(options: Partial<TrainingOptions> & TrainingStart, count: number): Promise<number[]> {
    const config = deepLabConfig(TINY)
    const network = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 1) }
    const run = await TrainingRun.create(await testGpu(), network, {
      ...SHORT_RUN,
      batchSize: 1,
      cropSize: 33,
      freezeBatchNorm: true,
      dropout: 0.5,
      seed: 3,
      ...options,
    })
    const images = Uint8Array.from({ length: 33 * 33 * 4 }, (_, i) => (i * 37) % 256)
    const labels = Uint8Array.from({ length: 33 * 33 }, (_, i) => i % 5)
    const found: number[] = []
    for (let i = 0; i < count; i++) found.push(await run.step({ images, labels }, 0))
    await run.destroy()
    return found
  }

  it('drops other values in every step and for every seed, and the same values in a resumed run', async () => {
    const first = await losses({}, 3)
    expect(new Set(first).size).to.equal(3)
    expect(await losses({}, 3)).to.deep.equal(first)
    expect(await losses({ step: 1 }, 2)).to.deep.equal(first.slice(1))
    expect((await losses({ seed: 4 }, 1))[0]).to.not.equal(first[0])
    expect(new Set(await losses({ dropout: 0 }, 2)).size).to.equal(1)
  })
})
