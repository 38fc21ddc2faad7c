import { expect } from 'chai'
import { type Activation, activation } from './activation.ts'
import { activationBackward } from './activation_backward.ts'
import { type Adamw, adamw } from './adamw.ts'
import { type Array4, randomArray4 } from './array4.ts'
import { batchNorm } from './batch_norm.ts'
import { batchNormBackward } from './batch_norm_backward.ts'
import { batchNormStatistics, type Running, updateRunning } from './batch_norm_statistics.ts'
import { diceLoss } from './dice_loss.ts'
import { dropout } from './dropout.ts'
import { type GlobalAveragePoolBackward, globalAveragePoolBackward } from './global_average_pool_backward.ts'
import { goldenTests, vector } from './golden.ts'
import { lovaszSoftmax } from './lovasz_softmax.ts'
import { type MaxPoolBackward, maxPoolBackward } from './max_pool_backward.ts'
import { type ResizeBackward, resizeBackward } from './resize_backward.ts'
import { type Sgd, sgd } from './sgd.ts'
import {
  hardLabels,
  type SoftmaxCrossEntropy,
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
} from './softmax_cross_entropy.ts'

const agrees = goldenTests('training_golden.jsonl')

interface BatchNormTraining extends Running {
  input: Array4
  outputGradient: Array4
  gamma: Float64Array
  beta: Float64Array
  epsilon: number
}

interface Steps {
  /** of each step */
  gradients: Float64Array[]
  learningRates: number[]
}

type Training<Optimiser> = Omit<Optimiser, 'gradients' | 'velocities' | 'squares' | 'step' | 'learningRate'> &
  Steps

describe('the CPU reference of training against PyTorch', () => {
  agrees('batch_norm_training', (given: BatchNormTraining) => {
    const { input } = given
    const [n, h, w] = input.shape
    const statistics = batchNormStatistics(input)
    const running = updateRunning(statistics, n * h * w, given)
    const gradients = batchNormBackward({ ...given, ...statistics })
    return {
      output: batchNorm({ ...given, ...statistics }),
      runningMean: vector(running.runningMean),
      runningVariance: vector(running.runningVariance),
      inputGradient: gradients.inputGradient,
      gammaGradient: vector(gradients.gammaGradient),
      betaGradient: vector(gradients.betaGradient),
    }
  })
  agrees(
    'activation_backward',
    (given: { input: Array4; outputGradient: Array4; kind: Exclude<Activation, 'none'> }) => ({
      inputGradient: activationBackward({ ...given, output: activation(given.input, given.kind) }),
    }),
  )
  agrees('max_pool_backward', (given: MaxPoolBackward) => ({ inputGradient: maxPoolBackward(given) }))
  agrees('global_average_pool_backward', (given: GlobalAveragePoolBackward) => ({
    inputGradient: globalAveragePoolBackward(given),
  }))
  agrees('resize_backward', (given: ResizeBackward) => ({ inputGradient: resizeBackward(given) }))
  agrees('softmax_cross_entropy', (given: SoftmaxCrossEntropy) => ({
    loss: vector(Float64Array.of(softmaxCrossEntropy(given).loss)),
    logitsGradient: softmaxCrossEntropyBackward(given),
  }))
  agrees('dice_loss', (given: SoftmaxCrossEntropy) => {
    const { loss, gradient } = diceLoss(given)
    return { loss: vector(Float64Array.of(loss)), logitsGradient: gradient }
  })
  agrees('lovasz_softmax', (given: SoftmaxCrossEntropy) => {
    const { loss, gradient } = lovaszSoftmax(given)
    return { loss: vector(Float64Array.of(loss)), logitsGradient: gradient }
  })
  agrees('hard_pixels', (given: SoftmaxCrossEntropy & { hard: number }) => {
    const { pixelLosses } = softmaxCrossEntropy(given)
    const hard = { ...given, labels: hardLabels(given, pixelLosses, given.hard) }
    return {
      loss: vector(Float64Array.of(softmaxCrossEntropy(hard).loss)),
      logitsGradient: softmaxCrossEntropyBackward(hard),
    }
  })
  agrees('sgd', ({ gradients, learningRates, ...given }: Training<Sgd>) => {
    let state: ReturnType<typeof sgd> = {
      parameters: given.parameters,
      velocities: given.parameters.map(() => 0),
    }
    gradients.forEach((gradient, i) => {
      state = sgd({ ...given, ...state, gradients: gradient, learningRate: learningRates[i] })
    })
    return { parameters: vector(state.parameters) }
  })
  agrees('adamw', ({ gradients, learningRates, ...given }: Training<Adamw>) => {
    const zeros = given.parameters.map(() => 0)
    let state: ReturnType<typeof adamw> = {
      parameters: given.parameters,
      velocities: zeros,
      squares: zeros,
    }
    gradients.forEach((gradient, i) => {
      const learningRate = learningRates[i]
      state = adamw({ ...given, ...state, gradients: gradient, step: i + 1, learningRate })
    })
    return { parameters: vector(state.parameters) }
  })
})

describe('the reference of softmax_cross_entropy', () => {
  it('makes a loss and a gradient of zero where every label is ignored (PyTorch: NaN)', () => {
    const logits = randomArray4([1, 2, 2, 3], 1)
    const given = { logits, height: 2, width: 2, alignCorners: true, ignoreIndex: 255 }
    const labels = Uint8Array.of(255, 255, 3, 200)
    expect(softmaxCrossEntropy({ ...given, labels }).loss).to.equal(0)
    const gradient = [...softmaxCrossEntropyBackward({ ...given, labels }).data]
    expect(gradient).to.deep.equal(gradient.map(() => 0))
  })

  it('has no Dice and no Lovász-softmax loss there either', () => {
    const logits = randomArray4([1, 2, 2, 3], 1)
    const labels = Uint8Array.of(255, 255, 3, 200)
    const given = { logits, labels, height: 2, width: 2, alignCorners: true, ignoreIndex: 255 }
    for (const { loss, gradient } of [diceLoss(given), lovaszSoftmax(given)]) {
      expect(loss).to.equal(0)
      expect(gradient.data.every(value => value === 0)).to.equal(true)
    }
  })
})

describe('the reference of dropout', () => {
  const input: Array4 = { shape: [1, 32, 32, 16], data: new Float64Array(32 * 32 * 16).fill(1) }
  const kept = (seed: number, step: number) =>
    dropout({ input, p: 0.25, seed, step }).data.map(value => Number(value !== 0))
  const share = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

  it('drops the share it is asked for', () => {
    expect(share(kept(1, 0))).to.be.closeTo(0.75, 0.01)
  })

  it('draws anew for every step and for every seed', () => {
    const first = kept(1, 0)
    const both = (other: Float64Array) => share(first.map((value, i) => value * other[i]))
    expect(both(kept(1, 1))).to.be.closeTo(0.75 ** 2, 0.015)
    expect(both(kept(2, 0))).to.be.closeTo(0.75 ** 2, 0.015)
  })
})
