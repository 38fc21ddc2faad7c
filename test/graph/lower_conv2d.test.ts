// Tests convolutions in a plan, with every variant, against the reference.

import { expect } from 'chai'
import { loadKernels } from '../../src/graph/convolution/device_kernels.ts'
import type { Conv2dChoice } from '../../src/graph/convolution/strategies.ts'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import type { FusedConv2dOp } from '../../src/graph/ops/conv2d.ts'
import type { FusedGraph, ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { inferenceOps } from '../../src/graph/ops/inference_ops.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { planOptimised } from '../../src/graph/plan/plan.ts'
import { type WinogradOutputs, winogradFits } from '../../src/kernels/winograd/winograd.ts'
import { conv2dOf, outputOf } from '../kernels/conv2d.ts'
import { type Conv2dCase, cases } from '../kernels/shared/conv2d_cases.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { placeOf, sizeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { conv2dAt, conv2dShape } from '../reference/conv2d.ts'
import { sampleIndices } from '../reference/random.ts'
import { paddingOf } from '../reference/window.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { caseTitle } from '../support/kernel_suite.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { skip } from '../support/skip.ts'
import { type Choice as Target, targetOf } from '../support/target.ts'

const base = cases.find(({ name }) => name === 'odd map, no bias')!
const fits = (test: Conv2dCase, outputs: WinogradOutputs) =>
  winogradFits({ ...test, label: test.name, padding: paddingOf(test) }, outputs)

interface Slice {
  offset: number
  channels: number
}

/** A graph of one convolution, its inputs and parameters. */
function graphOf(test: Conv2dCase, slice?: Slice) {
  const conv = conv2dOf(test)
  const { padding, imageBias, bias } = conv
  const shape = conv2dShape(conv)
  const tensor = (name: string, shape: Tensor['shape']): Tensor => ({ name, shape, dtype: 'f32' })
  const input = tensor('input', test.input)
  const residual = conv.residual && tensor('residual', shape)
  const biases = imageBias && tensor('imageBias', [shape[0], 1, 1, shape[3]])
  const op: FusedConv2dOp = {
    kind: 'conv2d',
    name: test.name,
    inputs: { input, ...(residual && { residual }), ...(biases && { imageBias: biases }) },
    output: tensor('output', [shape[0], shape[1], shape[2], slice?.channels ?? shape[3]]),
    weight: { name: 'weight', shape: conv.weight.shape },
    ...(bias && { bias: { name: 'bias', shape: [shape[3]] } }),
    stride: test.stride,
    dilation: test.dilation,
    padding,
    activation: test.activation,
    outputOffset: slice?.offset,
    inPlace: test.residual === 'in place',
  }
  const graph: FusedGraph = {
    stage: 'fused',
    ops: [op],
    inputs: [input, residual, biases].filter(found => found !== undefined),
    outputs: [op.output],
  }
  const parameters = new Map([
    ['weight', Float32Array.from(conv.weight.data)],
    ...(bias ? [['bias', Float32Array.from(bias)] as const] : []),
  ])
  const inputs = {
    input: Float32Array.from(conv.input.data),
    ...(conv.residual && { residual: Float32Array.from(conv.residual.data) }),
    ...(imageBias && { imageBias: Float32Array.from(imageBias) }),
  }
  return { graph, conv, inputs, parameters }
}

interface Choice {
  variant: Conv2dChoice
  withoutSubgroups?: boolean
  learning?: boolean
}

/** Runs a case with one variant and compares its output. For large cases it compares a sample. */
async function expectConvolved(test: Conv2dCase, choice: Choice, slice?: Slice): Promise<void> {
  const { graph, conv, inputs, parameters } = graphOf(test, slice)
  const { output } = await runGraph(await testGpu(), graph, { inputs, parameters, ...choice })
  const shape = conv2dShape(conv)
  const { offset, channels } = slice ?? { offset: 0, channels: shape[3] }
  const inSlice = (index: number) => index % channels >= offset && index % channels < offset + shape[3]
  const actual = (output as Float32Array).filter((_, index) => inSlice(index))
  const closeness = { shape, rtol: tolerance(9 * test.input[3]) }
  if (!test.spotCheck) {
    expectClose(actual, outputOf(test).data, closeness)
    return
  }
  const indices = sampleIndices(256, sizeOf(shape), test.seed)
  const expected = Float64Array.from(indices, index => conv2dAt(conv, placeOf(shape, index)))
  expectClose(actual, expected, { ...closeness, indices })
}

/**
 * One case for each way of lowering: a border, a batch, a dilation, padding by TensorFlow's rule, each kind of residual and of bias, and
 * tiles that need several ranges. The suites in test/kernels have each kernel, with each size of its tiles, on all others.
 */
const few = [
  'odd map, no bias',
  '5 → 21 channels, batch 3',
  'SAME, dilation 2',
  'dilation 24 on 9×9: only the centre tap',
  'residual, relu, batch 3, 24 → 24',
  'residual in place, relu, batch 3, 24 → 24',
  'bias per image, 3×3, residual, batch 2',
  'aspp.project 1024 → 256 with a bias per image, on 9×9',
  'resnet50.layer3.conv2 dilation 2, output stride 8',
]
const fewCases = cases.filter(({ name }) => few.includes(name))

/** Values that are not finite spread over their tile. */
const tiledCases = (outputs: WinogradOutputs): Conv2dCase[] =>
  (outputs === 4 ? cases : fewCases).filter(test => !test.plant && fits(test, outputs))

describe('a convolution in a plan', () => {
  it('has a case for each way of lowering', () => {
    expect(fewCases.map(({ name }) => name)).to.have.members(few)
  })

  for (const outputs of [4, 3, 2] as const)
    describe(`with Winograd tiles of ${outputs}`, () => {
      before(needsSubgroups)
      for (const test of tiledCases(outputs))
        it(caseTitle(test), () => expectConvolved(test, { variant: `winograd_${outputs}` }))

      it('into a slice of a wider tensor', async () => {
        const test = cases.find(({ name }) => name === 'dilation 24 on 9×9: only the centre tap')!
        await expectConvolved(test, { variant: `winograd_${outputs}` }, { offset: 8, channels: 24 })
      })

      it('with a trained weight', async () => {
        const test = cases.find(({ name }) => name === 'dilation 24 on 9×9: only the centre tap')!
        const choice = { variant: `winograd_${outputs}`, learning: true } as const
        await expectConvolved({ ...test, bias: 'channel' }, choice)
      })
    })

  describe('without subgroups', () => {
    for (const outputs of [4, 3, 2] as const)
      for (const test of tiledCases(outputs).filter(({ spotCheck }) => !spotCheck))
        it(`with Winograd tiles of ${outputs}: ${test.name} (slow)`, () =>
          expectConvolved(test, { variant: `winograd_${outputs}`, withoutSubgroups: true }))

    for (const test of fewCases.filter(({ spotCheck }) => !spotCheck))
      it(`through workgroup memory: ${test.name} (slow)`, () =>
        expectConvolved(test, { variant: 'conv2d_tiled', withoutSubgroups: true }))

    const tiles = [
      'conv2d 4×8 of 32×64',
      'conv2d_tiled 4×4 of 32×32, depth 8',
      'conv2d_tiled 8×8 of 64×64, depth 16',
      'conv2d_tiled 2×8 of 32×32, depth 32',
    ] as const
    const forTiles = fewCases.filter(({ name }) => /^(odd map|dilation 24|aspp\.project)/.test(name))
    for (const variant of tiles)
      for (const test of forTiles)
        it(`with ${variant}: ${test.name} (slow)`, () =>
          expectConvolved(test, { variant, withoutSubgroups: true }))

    it('into a slice of a wider tensor, with split sums', async () => {
      const test = cases.find(({ name }) => name === 'aspp.project 1024 → 256 with a bias per image, on 9×9')!
      const choice = { variant: 'conv2d_tiled', withoutSubgroups: true } as const
      await expectConvolved(test, choice, { offset: 8, channels: 272 })
    })
  })

  describe('uses Winograd if the estimate is faster', () => {
    const shaders = (test: Partial<Conv2dCase>, target: Target) =>
      new Set(
        planOptimised(graphOf({ ...base, ...test }).graph, targetOf(target), { ops: inferenceOps }).steps.map(
          ({ kernel }) => kernel.shader.name,
        ),
      )
    const wide = { input: [1, 33, 33, 256], outChannels: 256 } as const
    const cpu = { isCpu: true, subgroupSize: 8 }

    it('on a CPU adapter, for a wide layer', () => {
      expect(shaders(wide, cpu)).to.include('winograd_multiply')
    })
    it('not for few channels, stride 2 or another kernel', () => {
      expect(shaders({ ...wide, input: [1, 33, 33, 3], outChannels: 8 }, cpu)).to.deep.equal(
        new Set(['conv2d_subgroup']),
      )
      expect(shaders({ ...wide, stride: 2 }, cpu)).to.deep.equal(new Set(['conv2d_subgroup']))
      expect(shaders({ ...wide, kernel: [1, 1] }, cpu)).to.deep.equal(new Set(['conv2d_subgroup']))
    })
    it('on hardware GPUs, for 64 channels and more', () => {
      const narrow = { input: [1, 33, 33, 32], outChannels: 32 } as const
      for (const gpu of [{}, { subgroupSize: 32 }]) {
        expect(shaders(wide, gpu)).to.include('winograd_multiply_tiled')
        expect(shaders({ ...wide, input: [1, 129, 129, 64], outChannels: 64 }, gpu)).to.include(
          'winograd_multiply_tiled',
        )
        expect(shaders(narrow, gpu)).to.deep.equal(new Set(['conv2d_tiled', 'conv2d_merge']))
      }
    })
    it('by the kernel that fits the device', () => {
      const product = (target: Target) => [...shaders(wide, target)].find(name => /multiply/.test(`${name}`))
      for (const subgroupSize of [4, 8, 16]) {
        expect(product({ isCpu: true, subgroupSize })).to.equal('winograd_multiply')
        expect(product({ subgroupSize })).to.equal('winograd_multiply_tiled')
      }
      expect(product({ isCpu: true })).to.equal('winograd_multiply_tiled')
    })
    it('not for few pixels if the weight is trained, since transforming it takes longer than the product', () => {
      const small = { ...wide, input: [1, 9, 9, 256] } as const
      expect(shaders(small, cpu)).to.include('winograd_multiply')
      expect(shaders(small, { ...cpu, learning: true })).to.deep.equal(new Set(['conv2d_subgroup']))
      expect(shaders(wide, { ...cpu, learning: true })).to.include('winograd_multiply')
    })
    it('not if the policy forbids it', () => {
      expect(shaders(wide, { ...cpu, winograd: false })).to.deep.equal(new Set(['conv2d_subgroup']))
    })
  })

  describe('with a trained 1×1 weight', () => {
    const matrix = { ...cases.find(({ name }) => name.includes('160 → 960 on 9×9'))!, bias: 'none' } as const
    const packed = (test: Conv2dCase, target: Target = {}) =>
      planOptimised(
        graphOf(test).graph,
        targetOf({ isCpu: true, subgroupSize: 8, learning: true, ...target }),
        { ops: inferenceOps },
      ).folded.length

    for (const variant of ['conv2d_subgroup', 'conv2d'] as const)
      it(`with ${variant}`, () => expectConvolved(matrix, { variant, learning: true }))

    it('reads the weight in its own layout with conv2d_subgroup', () => {
      expect(packed(matrix)).to.equal(0)
      expect(packed(matrix, { variant: 'conv2d' })).to.equal(1)
    })
    it('packs a weight that is not trained, which is done only once', () => {
      expect(packed(matrix, { learning: false })).to.equal(1)
    })
    it('packs weights with a bias, with several taps, or with channels that do not fill vectors or tiles', () => {
      for (const other of [
        { bias: 'channel' as const },
        { kernel: [1, 3] as const },
        { outChannels: 958 },
        { outChannels: 968 },
        { input: [1, 9, 9, 158] as const },
      ])
        expect(packed({ ...matrix, ...other }), JSON.stringify(other)).to.equal(1)
    })
  })

  describe('on hardware GPUs', () => {
    const shaders = (test: Partial<Conv2dCase>, target: Target = {}) =>
      planOptimised(graphOf({ ...base, ...test }).graph, targetOf(target), { ops: inferenceOps }).steps.map(
        ({ kernel }) => kernel.shader.name,
      )
    const wide = { input: [1, 65, 65, 256], outChannels: 256, kernel: [1, 1] } as const

    it('uses workgroup memory, unless there are few channels', () => {
      expect(shaders({ ...wide, input: [1, 129, 129, 256] })).to.deep.equal(['conv2d_tiled'])
      expect(shaders({ ...wide, outChannels: 16 })).to.deep.equal(['conv2d'])
      expect(shaders({ ...wide, input: [1, 65, 65, 3] })).to.deep.equal(['conv2d'])
    })
    it('splits its sums if there are few workgroups', () => {
      expect(shaders({ ...wide, input: [1, 9, 9, 2048] })).to.deep.equal(['conv2d_tiled', 'conv2d_merge'])
    })
    describe('side by side, as in atrous spatial pyramid pooling', () => {
      const [h, w, channels] = [9, 11, 128]
      /** A 1×1 convolution and 3×3 convolutions at some rates over one map, concatenated. */
      const pyramid = (rates: number[]): ModelGraph => {
        const g = new GraphBuilder()
        const image = g.input('image', [1, h, w, 3])
        const branches = [
          g.conv2d(image, { name: 'pixel', outChannels: channels, kernel: 1, bias: true }),
          ...rates.map(dilation =>
            g.conv2d(image, {
              name: `rate ${dilation}`,
              outChannels: channels,
              kernel: 3,
              dilation,
              bias: true,
            }),
          ),
        ]
        return g.build([g.concat(branches, { name: 'concat' })])
      }
      const labels = (rates: number[], target: Target) =>
        createPlan(pyramid(rates), targetOf(target)).steps.map(({ kernel }) => kernel.label)
      const tiled = { variant: 'conv2d_tiled' } as const

      it('runs all branches with conv2d_tiled in one dispatch', () => {
        const steps = createPlan(pyramid([6, 12, 18]), targetOf(tiled)).steps
        const branches = steps.filter(({ kernel }) => kernel.label === 'pixel … rate 18')
        expect(new Set(branches.map(({ kernel }) => kernel.shader.name))).to.deep.equal(
          new Set(['conv2d_tiled']),
        )
        expect(branches).to.have.length(1)
      })
      it('has at most four branches per dispatch', () => {
        expect(new Set(labels([1, 2, 3, 4], tiled)).has('pixel … rate 3')).to.equal(true)
        expect(new Set(labels([1, 2, 3, 4], tiled)).has('rate 4')).to.equal(true)
      })
      it('does not join branches with other variants or with trained weights', () => {
        expect(labels([6, 12, 18], { isCpu: true, subgroupSize: 8 }).join()).not.to.include('…')
        expect(labels([6, 12, 18], { ...tiled, learning: true }).join()).not.to.include('…')
      })
      for (const precision of ['fp32', 'fp16'] as const)
        it(`gives the same results as its branches one by one, in ${precision}`, async function () {
          const gpu = await testGpu()
          if (precision === 'fp16' && !gpu.device.features.has('shader-f16'))
            skip(this, 'this adapter has no shader-f16')
          const inputs = { image: seededImage(h, w) }
          const together = await runGraph(gpu, pyramid([6, 12, 18]), {
            inputs,
            precision,
            withoutSubgroups: true,
            ...tiled,
          })
          const oneByOne = await runGraph(gpu, pyramid([6, 12, 18]), { inputs, precision })
          const error = relativeError(together.concat as Float32Array, oneByOne.concat as Float32Array)
          expect(error).to.be.below(precision === 'fp16' ? 1e-3 : 1e-6)
        })
    })
    it('uses matrix units in fp16, if the GPU has them and the caller wants them', async () => {
      const subgroupMatrix = { m: 16, n: 16, k: 16 }
      await loadKernels({ subgroupMatrix })
      const matrices = { subgroupSizes: [32, 64], subgroupMatrix, precision: 'fp16' } as const
      const variant = 'conv2d_subgroup_matrix'
      expect(shaders(wide, { ...matrices, variant })).to.deep.equal([variant])
      expect(shaders({ ...wide, kernel: [3, 3] }, { ...matrices, variant })).to.deep.equal([variant])
      expect(shaders(wide, matrices)).not.to.include(variant)
      expect(shaders(wide, { ...matrices, variant, precision: 'fp32' })).not.to.include(variant)
      expect(shaders(wide, { ...matrices, variant, subgroupSizes: [64] })).not.to.include(variant)
    })
  })
})
