import { activation } from './activation.ts'
import { activationBackward } from './activation_backward.ts'
import { type Array4, randomArray4, randomWeight, type Shape4, sizeOf } from './array4.ts'
import { batchNorm } from './batch_norm.ts'
import { batchNormBackward } from './batch_norm_backward.ts'
import { batchNormStatistics } from './batch_norm_statistics.ts'
import { concat } from './concat.ts'
import { crop } from './crop.ts'
import { diceLoss } from './dice_loss.ts'
import { distinctValues, expectGradient } from './finite_difference.ts'
import { foldBatchNorm } from './fold_batch_norm.ts'
import { foldBatchNormBackward } from './fold_batch_norm_backward.ts'
import { globalAveragePool } from './global_average_pool.ts'
import { globalAveragePoolBackward } from './global_average_pool_backward.ts'
import { lovaszSoftmax } from './lovasz_softmax.ts'
import { maxPool, maxPoolShape } from './max_pool.ts'
import { maxPoolBackward } from './max_pool_backward.ts'
import { maximum, maximumBackward } from './maximum.ts'
import { randomValues } from './random.ts'
import { resize } from './resize.ts'
import { resizeBackward } from './resize_backward.ts'
import { sliceChannels } from './slice_channels.ts'
import { softmaxCrossEntropy, softmaxCrossEntropyBackward } from './softmax_cross_entropy.ts'
import { unbiasedDistillation, unbiasedDistillationBackward } from './unbiased_distillation.ts'
import { padding } from './window.ts'

const distinct = (shape: Shape4): Array4 => ({ shape, data: distinctValues(sizeOf(shape), 1) })

/** `expectGradient` of an op on activations. */
function check(input: Array4, outputGradient: Array4, op: (input: Array4) => Array4, gradient: Array4) {
  const f = (data: Float64Array) => op({ shape: input.shape, data }).data
  expectGradient({ f, x: input.data, outputGradient: outputGradient.data, gradient: gradient.data })
}

describe('the gradients of the CPU reference against finite differences', () => {
  for (const activation of ['none', 'relu', 'relu6'] as const)
    describe(`batch_norm, ${activation}`, () => {
      const input = randomArray4([2, 3, 2, 3], 1, 2)
      const outputGradient = randomArray4(input.shape, 2)
      const [gamma, beta] = [randomValues(3, 3), randomValues(3, 4)]
      const norm = { gamma: gamma.map(x => 4 * x), beta: beta.map(x => x + 3), epsilon: 1e-3, activation }
      const gradients = batchNormBackward({ input, outputGradient, ...norm, ...batchNormStatistics(input) })
      it('by its input', () => {
        const op = (x: Array4) => batchNorm({ input: x, ...norm, ...batchNormStatistics(x) })
        check(input, outputGradient, op, gradients.inputGradient)
      })
      it('by gamma and beta', () => {
        const op = (given: object) =>
          batchNorm({ input, ...norm, ...batchNormStatistics(input), ...given }).data
        const given = { outputGradient: outputGradient.data }
        expectGradient({
          ...given,
          f: x => op({ gamma: x }),
          x: norm.gamma,
          gradient: gradients.gammaGradient,
        })
        expectGradient({ ...given, f: x => op({ beta: x }), x: norm.beta, gradient: gradients.betaGradient })
      })
    })

  describe('fold_batch_norm', () => {
    const weight = randomWeight([3, 2, 1, 2], 1)
    const [gamma, beta] = [randomValues(3, 2), randomValues(3, 3)]
    const running = { mean: randomValues(3, 4), variance: randomValues(3, 5).map(Math.abs) }
    const fold = { weight, gamma, beta, ...running, epsilon: 1e-3 }
    const [foldedGradient, betaGradient] = [randomWeight(weight.shape, 6), randomValues(3, 7)]
    const gradients = foldBatchNormBackward({ ...fold, foldedGradient, betaGradient })
    const outputGradient = Float64Array.of(...foldedGradient.data, ...betaGradient)
    const op = (given: object) => {
      const folded = foldBatchNorm({ ...fold, ...given })
      return Float64Array.of(...folded.weight.data, ...folded.bias)
    }
    it('by the weight', () => {
      const f = (data: Float64Array) => op({ weight: { shape: weight.shape, data } })
      expectGradient({ f, x: weight.data, outputGradient, gradient: gradients.weightGradient })
    })
    it('by gamma and beta', () => {
      expectGradient({
        f: x => op({ gamma: x }),
        x: gamma,
        outputGradient,
        gradient: gradients.gammaGradient,
      })
      expectGradient({ f: x => op({ beta: x }), x: beta, outputGradient, gradient: betaGradient })
    })
  })

  for (const kind of ['relu', 'relu6'] as const)
    it(kind, () => {
      const { shape, data } = distinct([1, 5, 5, 5])
      const input = { shape, data: data.map(x => x + 2.03) }
      const outputGradient = randomArray4(shape, 2)
      const gradient = activationBackward({ output: activation(input, kind), outputGradient, kind })
      check(input, outputGradient, x => activation(x, kind), gradient)
    })

  it('max_pool', () => {
    const pool = { input: distinct([2, 5, 4, 3]), kernel: [3, 3], stride: 2, padding: padding(1) } as const
    const outputGradient = randomArray4(maxPoolShape(pool), 2)
    const gradient = maxPoolBackward({ ...pool, outputGradient })
    check(pool.input, outputGradient, input => maxPool({ ...pool, input }), gradient)
  })

  it('crop', () => {
    const rectangle = { height: 2, width: 3, top: 1, left: 0 }
    const outputGradient = randomArray4([2, 2, 3, 3], 2)
    const gradient = crop({ input: outputGradient, height: 4, width: 3, top: -1, left: 0 })
    check(randomArray4([2, 4, 3, 3], 1), outputGradient, input => crop({ input, ...rectangle }), gradient)
  })

  it('maximum', () => {
    const [a, b] = [randomArray4([2, 3, 2, 3], 1), randomArray4([2, 3, 2, 3], 2)]
    const outputGradient = randomArray4(a.shape, 3)
    check(a, outputGradient, x => maximum({ a: x, b }), maximumBackward({ a, b, outputGradient }))
    check(b, outputGradient, x => maximum({ a, b: x }), maximumBackward({ a: b, b: a, outputGradient }))
  })

  it('global_average_pool', () => {
    const outputGradient = randomArray4([2, 1, 1, 3], 2)
    const gradient = globalAveragePoolBackward({ outputGradient, height: 3, width: 2 })
    check(randomArray4([2, 3, 2, 3], 1), outputGradient, globalAveragePool, gradient)
  })

  for (const alignCorners of [true, false]) {
    const convention = alignCorners ? 'corners aligned' : 'edges aligned'

    for (const [height, width] of [
      [7, 5],
      [2, 1],
    ])
      it(`resize to ${height}×${width}, ${convention}`, () => {
        const input = randomArray4([1, 3, 4, 2], 1)
        const outputGradient = randomArray4([1, height, width, 2], 2)
        const gradient = resizeBackward({ outputGradient, height: 3, width: 4, alignCorners })
        check(input, outputGradient, x => resize({ input: x, height, width, alignCorners }), gradient)
      })

    it(`softmax_cross_entropy, ${convention}`, () => {
      const logits = randomArray4([2, 2, 3, 4], 1, 3)
      const labels = Uint8Array.from({ length: 2 * 5 * 4 }, (_, i) => (i % 7 === 0 ? 255 : (i * 3) % 5))
      const classWeights = Float64Array.of(0.5, 1, 2, 0.25)
      for (const labelSmoothing of [0, 0.2]) {
        const given = {
          logits,
          labels,
          height: 5,
          width: 4,
          alignCorners,
          ignoreIndex: 255,
          classWeights,
          labelSmoothing,
        }
        const loss = (data: Float64Array) =>
          Float64Array.of(softmaxCrossEntropy({ ...given, logits: { ...logits, data } }).loss)
        const gradient = softmaxCrossEntropyBackward(given).data
        expectGradient({ f: loss, x: logits.data, outputGradient: Float64Array.of(1), gradient })
      }
    })
  }

  it('unbiased_distillation', () => {
    const logits = randomArray4([2, 2, 3, 5], 1, 3)
    const isNew = [false, false, false, true, true]
    const { shape, data } = randomArray4(logits.shape, 2)
    const targets = { shape, data: data.map((value, i) => (isNew[i % 5] ? 0 : Math.abs(value))) }
    const given = { logits, targets, isNew, oldWeight: 0.3 }
    const loss = (data: Float64Array) =>
      Float64Array.of(unbiasedDistillation({ ...given, logits: { ...logits, data } }).loss)
    const gradient = unbiasedDistillationBackward(given).data
    expectGradient({ f: loss, x: logits.data, outputGradient: Float64Array.of(1), gradient })
  })

  for (const [name, loss] of Object.entries({ dice_loss: diceLoss, lovasz_softmax: lovaszSoftmax }))
    for (const alignCorners of [true, false])
      it(`${name}, ${alignCorners ? 'corners' : 'edges'} aligned`, () => {
        const logits = randomArray4([2, 2, 3, 4], 1, 3)
        const labels = Uint8Array.from({ length: 2 * 5 * 4 }, (_, i) => (i % 7 === 0 ? 255 : (i * 3) % 5))
        const given = { logits, labels, height: 5, width: 4, alignCorners, ignoreIndex: 255 }
        const f = (data: Float64Array) =>
          Float64Array.of(loss({ ...given, logits: { ...logits, data } }).loss)
        const gradient = loss(given).gradient.data
        expectGradient({ f, x: logits.data, outputGradient: Float64Array.of(1), gradient })
      })

  it('concat', () => {
    const [first, second] = [randomArray4([1, 2, 2, 3], 1), randomArray4([1, 2, 2, 2], 2)]
    const outputGradient = randomArray4([1, 2, 2, 5], 3)
    check(first, outputGradient, x => concat([x, second]), sliceChannels(outputGradient, 0, 3))
    check(second, outputGradient, x => concat([first, x]), sliceChannels(outputGradient, 3, 2))
  })
})
