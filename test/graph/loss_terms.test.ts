// The ops of losses beside the plain cross entropy: all kernels of each in turn, against the float64 reference.

import { expect } from 'chai'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import type { FusedGraph } from '../../src/graph/ops/index.ts'
import type { LossInputs } from '../../src/graph/ops/loss_term.ts'
import { diceLoss, hardLabelsOp, lovaszLoss } from '../../src/graph/ops/loss_terms.ts'
import {
  cases,
  labelWords,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
} from '../kernels/softmax_cross_entropy.ts'
import { expectClose } from '../reference/compare.ts'
import { diceLoss as diceReference } from '../reference/dice_loss.ts'
import { lovaszSoftmax } from '../reference/lovasz_softmax.ts'
import { hardLabels, softmaxCrossEntropy } from '../reference/softmax_cross_entropy.ts'
import { testGpu } from '../support/gpu.ts'
import { runGraph } from '../support/run_graph.ts'

const IGNORED = 255

/** Of a case: the tensors and what they hold. */
function operandsOf(test: SoftmaxCrossEntropyCase) {
  const operands = softmaxCrossEntropyOf(test)
  const { logits, labels, height, width, classWeights } = operands
  const [n, , , channels] = test.logits
  const inputs: LossInputs = {
    logits: { name: 'logits', shape: test.logits, dtype: 'f32' },
    labels: { name: 'labels', shape: [n, height, width, 1], dtype: 'class8' },
    ...(classWeights && {
      classWeights: { name: 'classWeights', shape: [1, 1, 1, channels] as const, dtype: 'f32' as const },
    }),
  }
  const data = {
    logits: Float32Array.from(logits.data),
    labels: labelWords(labels, height, width),
    ...(classWeights && { classWeights: Float32Array.from(classWeights) }),
  }
  const { alignCorners, labelSmoothing = 0 } = test
  const options = { name: 'loss', alignCorners, ignoreIndex: IGNORED, labelSmoothing }
  return { operands, inputs, data, options }
}

const graphOf = (op: FusedGraph['ops'][number], inputs: LossInputs, outputs: Tensor[]): FusedGraph => ({
  stage: 'fused',
  ops: [op],
  inputs: Object.values(inputs),
  outputs,
})

const WEIGHT = 0.7

const LOSSES = {
  Dice: { make: diceLoss, reference: diceReference },
  'Lovász-softmax': { make: lovaszLoss, reference: lovaszSoftmax },
}

/** Loss and gradient on the GPU. */
async function run(make: typeof diceLoss, test: SoftmaxCrossEntropyCase) {
  const { inputs, data, options } = operandsOf(test)
  const { op, output, gradient } = make({ ...inputs, classWeights: undefined }, options, WEIGHT)
  const { logits, labels } = inputs
  const found = await runGraph(await testGpu(), graphOf(op, { logits, labels }, [output, gradient]), {
    inputs: { logits: data.logits, labels: data.labels },
  })
  return { loss: found[output.name][0], gradient: Float32Array.from(found[gradient.name]) }
}

const isSmall = ({ bench }: SoftmaxCrossEntropyCase) => !bench

describe('losses beside the cross entropy', () => {
  for (const [name, { make, reference }] of Object.entries(LOSSES))
    describe(name, () => {
      for (const test of cases.filter(isSmall))
        it(test.name, async () => {
          const { operands } = operandsOf(test)
          const { loss, gradient } = await run(make, test)
          const expected = reference({ ...operands, lossWeight: WEIGHT })
          const scale = Math.max(1, (test.scale ?? 0) / 10)
          expect(loss).to.be.closeTo(expected.loss, 1e-5 * scale)
          const { data, shape } = expected.gradient
          const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
          expectClose(gradient, data, { shape, atol: 2e-5 * largest * scale + 1e-12, rtol: 1e-4 })
        })
    })

  it('give the same bits in two runs', async () => {
    const test = cases.find(({ name }) => name === 'odd ratios, batch 2, class weights, edges aligned')!
    for (const { make } of Object.values(LOSSES))
      expect(await run(make, test)).to.deep.equal(await run(make, test))
  })
})

describe('hard pixels', () => {
  for (const share of [1e-6, 0.1, 0.6])
    for (const test of cases.filter(isSmall))
      it(`${share} of ${test.name}`, async () => {
        const { operands, inputs, data, options } = operandsOf(test)
        const op = hardLabelsOp(inputs, options, share)
        const found = await runGraph(await testGpu(), graphOf(op, inputs, [op.output]), { inputs: data })
        const { labels, height, width } = operands
        const hard = Math.max(1, Math.floor(share * labels.length))
        const expected = hardLabels(operands, softmaxCrossEntropy(operands).pixelLosses, hard)
        // Pixels without a label have no loss: whether they stay or not, they do not count.
        const counted = (bytes: ArrayLike<number>) =>
          Array.from(bytes, label => (label >= test.logits[3] ? IGNORED : label))
        const words = labelWords(expected, height, width)
        expect(counted(found[op.output.name])).to.deep.equal(counted(words))
      })
})
