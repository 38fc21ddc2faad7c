import { expect } from 'chai'
import { storedAsFloat16, storedBuffers } from '../../src/gpu/float16_storage.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { trafficOf } from '../../src/gpu/kernel.ts'
import { type ShaderName, shaders } from '../../src/gpu/shaders.gen.ts'
import { concat } from '../../src/kernels/concat.ts'
import type { Conv2dOptions } from '../../src/kernels/conv2d.ts'
import { conv2dSubgroup } from '../../src/kernels/conv2d_subgroup.ts'
import { conv2dTiled } from '../../src/kernels/conv2d_tiled.ts'
import { cases as accumulateProbabilitiesCases } from '../cases/accumulate_probabilities.ts'
import { cases as activationCases } from '../cases/activation.ts'
import { cases as addCases } from '../cases/add.ts'
import { cases as batchNormCases } from '../cases/batch_norm.ts'
import { cases as concatCases } from '../cases/concat.ts'
import { cases as conv2dCases } from '../cases/conv2d.ts'
import { cases as conv2dMergeCases } from '../cases/conv2d_merge.ts'
import { cases as depthwiseConv2dCases } from '../cases/depthwise_conv2d.ts'
import { cases as foldBatchNormCases, foldBatchNormOf } from '../cases/fold_batch_norm.ts'
import { cases as globalAveragePoolCases } from '../cases/global_average_pool.ts'
import { cases as maxPoolCases } from '../cases/max_pool.ts'
import { cases as preprocessCases } from '../cases/preprocess.ts'
import { cases as resizeCases } from '../cases/resize.ts'
import { cases as softmaxCases } from '../cases/softmax.ts'
import { cases as upsampleArgmaxCases } from '../cases/upsample_argmax.ts'
import { cases as winogradCases } from '../cases/winograd.ts'
import { accumulateProbabilitiesRun } from '../kernels/accumulate_probabilities.ts'
import { activationRun } from '../kernels/activation.ts'
import { addRun } from '../kernels/add.ts'
import { batchNormRun } from '../kernels/batch_norm.ts'
import { concatRun } from '../kernels/concat.ts'
import { conv2dRun } from '../kernels/conv2d.ts'
import { conv2dMergeRun } from '../kernels/conv2d_merge.ts'
import { depthwiseConv2dRun } from '../kernels/depthwise_conv2d.ts'
import { foldBatchNormRun } from '../kernels/fold_batch_norm.ts'
import { globalAveragePoolRun } from '../kernels/global_average_pool.ts'
import { maxPoolRun } from '../kernels/max_pool.ts'
import { preprocessRun } from '../kernels/preprocess.ts'
import { resizeRun } from '../kernels/resize.ts'
import { softmaxRun } from '../kernels/softmax.ts'
import { upsampleArgmaxRun } from '../kernels/upsample_argmax.ts'
import {
  winogradInputRun,
  winogradMultiplyRun,
  winogradMultiplyTiledRun,
  winogradOutputRun,
  winogradWeightRun,
} from '../kernels/winograd.ts'
import { needsFloat16, verifyFloat16 } from '../support/float16.ts'
import { testGpu } from '../support/gpu.ts'
import type { KernelRun } from '../support/kernel_run.ts'

type Run = Pick<KernelRun, 'kernel' | 'data'>
type Runs = Record<string, (gpu: Gpu) => Run | Promise<Run>>

/** Of a table of cases, without the layers of real networks, which are to be seen whole in test/model/golden.test.ts. */
const each = <Case extends { name: string; bench?: boolean }>(
  cases: readonly Case[],
  run: (test: Case, gpu: Gpu) => Run | Promise<Run>,
): Runs =>
  Object.fromEntries(
    cases.filter(({ bench }) => !bench).map(test => [test.name, (gpu: Gpu) => run(test, gpu)]),
  )

/** Convolutions that need not be compared in samples are small ones. */
const smallConvolutions = conv2dCases.filter(({ spotCheck }) => !spotCheck)
const subgroups = ({ subgroupSize = 0 }: Gpu) => ({
  variant: (options: Conv2dOptions) => conv2dSubgroup({ ...options, subgroupSize }),
})

/** By shader: all that have a `Stored`, but for conv2d_subgroup_matrix, which rounds to f16 whatever it is given. */
const kernels: Partial<Record<ShaderName, Runs>> = {
  accumulate_probabilities: {
    ...each(accumulateProbabilitiesCases, test => accumulateProbabilitiesRun(test)),
    'the first view': () => accumulateProbabilitiesRun(accumulateProbabilitiesCases[0], { first: true }),
  },
  activation: each(activationCases, activationRun),
  add: each(addCases, addRun),
  batch_norm: each(batchNormCases, batchNormRun),
  concat: {
    ...each(concatCases, test => concatRun(test, 0)),
    ...each(
      concatCases.map(test => ({ ...test, name: `${test.name}, its last input` })),
      test => concatRun(test, test.channels.length - 1),
    ),
  },
  conv2d: {
    ...each(smallConvolutions, (test, gpu) => conv2dRun(test, gpu)),
    'into a slice of a wider tensor': gpu =>
      conv2dRun(conv2dCases.find(({ name }) => name === '21 → 24 channels')!, gpu, {
        slice: { offset: 12, channels: 40 },
      }),
  },
  conv2d_subgroup: each(smallConvolutions, (test, gpu) => conv2dRun(test, gpu, subgroups(gpu))),
  conv2d_tiled: each(smallConvolutions, (test, gpu) => conv2dRun(test, gpu, { variant: conv2dTiled })),
  conv2d_merge: each(conv2dMergeCases, conv2dMergeRun),
  depthwise_conv2d: each(depthwiseConv2dCases, depthwiseConv2dRun),
  fold_batch_norm: each(foldBatchNormCases, test =>
    foldBatchNormRun(foldBatchNormOf(test), { ...test, depthwise: test.name.startsWith('depthwise') }),
  ),
  global_average_pool: each(globalAveragePoolCases, globalAveragePoolRun),
  max_pool: each(maxPoolCases, maxPoolRun),
  preprocess: each(preprocessCases, preprocessRun),
  resize: each(resizeCases, resizeRun),
  softmax: each(softmaxCases, test => softmaxRun(test)),
  upsample_argmax: each(upsampleArgmaxCases, upsampleArgmaxRun),
  winograd_input: each(winogradCases, winogradInputRun),
  winograd_multiply: each(winogradCases, winogradMultiplyRun),
  winograd_multiply_tiled: each(winogradCases, winogradMultiplyTiledRun),
  winograd_output: each(winogradCases, winogradOutputRun),
  winograd_weight: each(winogradCases, test => winogradWeightRun(test, { batchNorm: true })),
}

describe('gpu/float16_storage', () => {
  it('halves what a shader declares as Stored, and nothing else', () => {
    const slice = { offset: 4, channels: 20 }
    const kernel = concat({ label: 'concat', input: [1, 5, 7, 8], slice })
    const narrow = storedAsFloat16(kernel)
    expect(narrow).to.deep.include({ inputs: { input: 35 * 16 }, outputs: { output: 35 * 40 } })
    expect(trafficOf(narrow)).to.equal(trafficOf(kernel) / 2)
    const { inputs, outputs } = storedAsFloat16(
      accumulateProbabilitiesRun(accumulateProbabilitiesCases[0]).kernel,
    )
    const full = accumulateProbabilitiesRun(accumulateProbabilitiesCases[0]).kernel
    expect(inputs.logits).to.equal(full.inputs.logits / 2)
    expect(outputs).to.deep.equal(full.outputs)
  })

  it('every shader that has a Stored is verified below', () => {
    const names = Object.keys(shaders) as ShaderName[]
    expect(Object.keys(kernels)).to.have.members(
      names.filter(shader => storedBuffers({ shader }).size > 0 && shader !== 'conv2d_subgroup_matrix'),
    )
  })

  describe('the same results as with f32, rounded where they are stored (needs shader-f16)', () => {
    before(needsFloat16)
    for (const [shader, runs] of Object.entries(kernels))
      describe(shader, () => {
        before(async function () {
          const needsSubgroups = shaders[shader as ShaderName].includes('enable subgroups')
          if (needsSubgroups && ((await testGpu()).subgroupSize ?? 0) < 8) this.skip()
        })
        for (const [name, run] of Object.entries(runs))
          it(name, async () => {
            const gpu = await testGpu()
            await verifyFloat16(gpu, await run(gpu))
          })
      })
  })
})
