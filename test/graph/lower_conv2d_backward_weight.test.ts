// Tests gradients of weights in the plan of a training step, with every variant, against the reference.

import { expect } from 'chai'
import { usage } from '../../src/gpu/buffers.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Range } from '../../src/gpu/launch.ts'
import { Program } from '../../src/gpu/program.ts'
import type { Tensor } from '../../src/graph/ir/tensor.ts'
import { tensorBytes } from '../../src/graph/ir/tensor_bytes.ts'
import type { Operand } from '../../src/graph/lower/step.ts'
import type { Conv2dBackwardWeightOp } from '../../src/graph/ops/conv2d.ts'
import { lowerOp } from '../../src/graph/ops/index.ts'
import { loweringOf } from '../../src/graph/ops/lowering.ts'
import { trainingOps } from '../../src/graph/ops/training_ops.ts'
import { winogradFits } from '../../src/kernels/winograd/winograd.ts'
import { expectWeightGradient } from '../kernels/conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, cases, conv2dBackwardOf } from '../kernels/shared/conv2d_backward_cases.ts'
import { toGpu } from '../support/activations.ts'
import { needsSubgroups, testGpu } from '../support/gpu.ts'
import { caseTitle } from '../support/kernel_suite.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { type Choice, targetOf } from '../support/target.ts'

function opOf(test: Conv2dBackwardCase): Conv2dBackwardWeightOp {
  const { input, outputGradient, weight, padding } = conv2dBackwardOf(test, 'weight')
  const tensor = (name: string, shape: Tensor['shape']): Tensor => ({ name, shape, dtype: 'f32' })
  return {
    kind: 'conv2dBackwardWeight',
    name: test.name,
    inputs: { input: tensor('input', input.shape), gradient: tensor('gradient', outputGradient.shape) },
    output: tensor('none', [1, 1, 1, 1]),
    weight: { name: 'weight', shape: weight.shape },
    stride: test.stride,
    dilation: test.dilation,
    padding,
  }
}

const stepsOf = (op: Conv2dBackwardWeightOp, target: Choice) =>
  lowerOp(op, loweringOf({ ops: [op], inputs: [], outputs: [] }, targetOf(target)), trainingOps)

/** Runs only the steps of the op. */
async function weightGradient(gpu: Gpu, test: Conv2dBackwardCase, target: Choice) {
  const op = opOf(test)
  const { input, outputGradient } = conv2dBackwardOf(test, 'weight')
  const steps = stepsOf(op, target)
  const ranges = new Map<object, Range>()
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const allocate = async (holder: object, size: number, data?: Float32Array) => {
    const buffer = await gpu.allocate(test.name, size, flags)
    gpu.device.queue.writeBuffer(buffer, 0, (data ?? new Uint8Array(size).fill(0xff)) as BufferSource)
    ranges.set(holder, { buffer, offset: 0, size })
  }
  await allocate(op.inputs.input, tensorBytes(op.inputs.input), toGpu(input))
  await allocate(op.inputs.gradient, tensorBytes(op.inputs.gradient), toGpu(outputGradient))
  const bytes = op.weight.shape.reduce((product, size) => product * size, 4)
  await allocate(op.weight, bytes)
  const holderOf = (operand: Operand) =>
    'tensor' in operand ? operand.tensor : 'gradientOf' in operand ? operand.gradientOf : operand
  for (const { operands } of steps)
    for (const operand of Object.values(operands))
      if ('tensor' in operand && !ranges.has(operand.tensor))
        await allocate(operand.tensor, tensorBytes(operand.tensor))
  const launches = steps.map(({ kernel, operands }) => ({
    kernel,
    ranges: Object.fromEntries(
      Object.entries(operands).map(([name, operand]) => [name, ranges.get(holderOf(operand))!]),
    ),
  }))
  const program = await Program.create(gpu, test.name, launches)
  await program.run()
  const found = await gpu.download(ranges.get(op.weight)!.buffer, bytes)
  program.destroy()
  for (const { buffer } of ranges.values()) gpu.release(buffer)
  return { gradient: new Float32Array(found.buffer), shaders: steps.map(({ kernel }) => kernel.shader.name) }
}

describe("the gradient of a convolution's weight in a plan", () => {
  for (const winograd of [0, 4, 3, 2] as const)
    describe(winograd === 0 ? 'without Winograd' : `with Winograd tiles of ${winograd}`, () => {
      before(needsSubgroups)
      const fits = (test: Conv2dBackwardCase) => {
        const { padding } = conv2dBackwardOf(test, 'weight')
        if (winograd === 0) return true
        // Values that are not finite spread over their tile.
        return !test.plant && winogradFits({ ...test, label: '', padding, activation: 'none' }, winograd)
      }
      for (const test of cases.filter(fits))
        it(`with the same bits twice: ${caseTitle(test)}`, async () => {
          const gpu = await testGpu()
          const variant = winograd === 0 ? ('conv2d_subgroup' as const) : (`winograd_${winograd}` as const)
          const target = { isCpu: true, subgroupSize: gpu.subgroupSize, variant }
          const { gradient, shaders } = await weightGradient(gpu, test, target)
          expect(shaders.includes('winograd_multiply_backward')).to.equal(winograd > 0)
          expectWeightGradient(test, conv2dBackwardOf(test, 'weight'), gradient)
          const again = await weightGradient(gpu, test, target)
          expectSameBits(new Map([['weight', again.gradient]]), new Map([['weight', gradient]]))
        })
    })

  describe('uses Winograd if the estimate is faster', () => {
    const layer = { ...cases[0], kernel: [3, 3], stride: 1, dilation: 1 } as const
    const shaders = (test: Partial<Conv2dBackwardCase>, target: Choice) =>
      new Set(stepsOf(opOf({ ...layer, ...test }), target).map(({ kernel }) => kernel.shader.name))
    const padded = (size: number) => ({ top: size, bottom: size, left: size, right: size })
    const wide = { input: [8, 9, 9, 256], outChannels: 256, padding: padded(1) } as const
    const cpu = { isCpu: true, subgroupSize: 8 }

    it('on a CPU adapter, for a wide layer, although the weight is trained', () => {
      expect(shaders(wide, cpu)).to.include('winograd_multiply_backward')
    })
    it('not for an image, a rate with few taps inside the map, stride 2 or another kernel', () => {
      const image = { ...wide, input: [8, 9, 9, 3] } as const
      expect(shaders(image, cpu)).to.not.include('winograd_multiply_backward')
      const direct = 'conv2d_backward_weight_subgroup'
      expect(shaders({ ...wide, dilation: 6, padding: padded(6) }, cpu)).to.include(direct)
      expect(shaders({ ...wide, stride: 2 }, cpu)).to.include(direct)
      expect(shaders({ ...wide, kernel: [1, 1], padding: padded(0) }, cpu)).to.include(direct)
    })
    it('not without subgroups, not on a hardware GPU, and not if the policy forbids it', () => {
      expect(shaders(wide, { ...cpu, winograd: false })).to.include('conv2d_backward_weight_subgroup')
      expect(shaders(wide, {})).to.include('conv2d_backward_weight_tiled')
      expect(shaders(wide, { isCpu: true })).to.include('conv2d_backward_weight')
      expect(shaders(wide, { subgroupSize: 8 })).to.include('conv2d_backward_weight_tiled')
      expect(shaders(wide, { subgroupSize: 32 })).to.include('conv2d_backward_weight_tiled')
      expect(shaders(wide, { ...cpu, variant: 'conv2d_subgroup' })).to.include(
        'conv2d_backward_weight_subgroup',
      )
    })
  })
})
