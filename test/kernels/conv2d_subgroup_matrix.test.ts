import { expect } from 'chai'
import { create } from 'webgpu'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { conv2d_subgroup_matrix as shader } from '../../src/gpu/shaders.gen.ts'
import type { Conv2dOptions } from '../../src/kernels/convolution/conv2d.ts'
import {
  conv2dSubgroupMatrix,
  type SubgroupMatrix,
} from '../../src/kernels/convolution/conv2d_subgroup_matrix.ts'
import { symmetric } from '../../src/kernels/geometry.ts'
import { testGpu } from '../support/gpu.ts'
import { verify } from '../support/kernel_run.ts'
import { skip } from '../support/skip.ts'
import { suite } from './conv2d_subgroup_matrix.ts'
import { type Conv2dCase, cases } from './shared/conv2d_cases.ts'

type Adapter = { subgroupSize: number; subgroupMatrix: SubgroupMatrix }

async function verifyOn(adapter: Adapter, test: Conv2dCase): Promise<void> {
  await verify(await testGpu(), suite.run(test, adapter))
}

describe('kernel conv2d_subgroup_matrix', () => {
  describe('by loops that stand for matrices (slow)', () => {
    const text = shader.wgsl
    // No adapter's, but three different sizes: none can be taken for another.
    const subgroupMatrix = { m: 4, n: 16, k: 8 }
    let subgroupSize: number

    before(async function () {
      const gpu = await testGpu()
      subgroupSize = gpu.subgroupSize ?? 0
      if (subgroupSize < 8 || !gpu.device.features.has('shader-f16'))
        skip(this, 'this adapter has no shader-f16, or subgroups of less than 8')
      shader.wgsl = withoutMatrices(text)
    })
    after(() => {
      shader.wgsl = text
    })

    for (const test of cases.filter(({ spotCheck, bench }) => !spotCheck && !bench))
      it(test.name, () => verifyOn({ subgroupSize, subgroupMatrix }, test))
  })

  // Dawn's null backend has every feature and runs nothing, so that any machine can tell whether the text is right.
  describe('compiles for the matrices of', () => {
    let gpu: Gpu

    before(async () => {
      gpu = await requestGpu(create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']))
    })
    after(() => gpu.destroy())

    const options: Conv2dOptions = {
      ...{ label: 'layer', input: [1, 9, 9, 64], outChannels: 64, kernel: [3, 3], stride: 1, dilation: 2 },
      padding: symmetric(2),
      activation: 'relu',
    }
    const adapters: Record<string, Adapter> = {
      'NVIDIA’s and AMD’s GPUs': { subgroupSize: 32, subgroupMatrix: { m: 16, n: 16, k: 16 } },
      'Intel’s': { subgroupSize: 32, subgroupMatrix: { m: 8, n: 16, k: 16 } },
      'Apple’s': { subgroupSize: 32, subgroupMatrix: { m: 8, n: 8, k: 8 } },
    }
    for (const [name, adapter] of Object.entries(adapters))
      it(name, async () => {
        const { interface: found } = await gpu.pipelines.get(conv2dSubgroupMatrix({ ...options, ...adapter }))
        expect(found.buffers).to.have.lengthOf(5)
      })

    it('no adapter, where there are none', async () => {
      const subgroupMatrix = { m: 16, n: 16, k: 0 }
      const kernel = conv2dSubgroupMatrix({ ...options, subgroupSize: 32, subgroupMatrix })
      const message = await gpu.pipelines.get(kernel).then(
        () => 'compiled',
        (error: Error) => error.message,
      )
      expect(message).to.include('subgroup_matrix')
    })
  })
})

/**
 * The shader with each lane of a subgroup holding its share of a matrix, and multiplied by loops out of workgroup memory: all but
 * the matrix units themselves is then run by an adapter that has none.
 */
function withoutMatrices(text: string): string {
  const replaced: [what: string | RegExp, by: string][] = [
    ['enable chromium_experimental_subgroup_matrix;\n', ''],
    ['diagnostic(off, chromium.subgroup_matrix_uniformity);\n', ''],
    [/alias Left = .*;/, 'alias Left = u32;'],
    [/alias Right = .*;/, 'alias Right = u32;'],
    [/alias Sums = .*;/, 'alias Sums = array<f32, MATRIX_M * MATRIX_N / SUBGROUP_SIZE>;'],
    ['subgroupMatrixLoad<Left, row_major>(&staged_input, at, PITCH)', 'at'],
    ['subgroupMatrixLoad<Right, col_major>(&staged_weight, at, PITCH)', 'at'],
    ['subgroupMatrixMultiplyAccumulate(', 'multiply_accumulate(subgroup_lane, '],
    [
      'subgroupMatrixStore<row_major>(&staged_input, staged, sums[r][c], MATRIX_N / 4u)',
      'store(subgroup_lane, staged, sums[r][c])',
    ],
  ]
  // As long as a kernel is tall, of which no compiler knows: unrolled, these loops would take a minute to compile.
  const loops = `
fn share() -> u32 { return MATRIX_M * MATRIX_N / SUBGROUP_SIZE * min(params.k_h, 1u); }
fn value(eight: vec4u, i: u32) -> f32 { return unpack2x16float(eight[i / 2u])[i % 2u]; }
fn multiply_accumulate(lane: u32, left: Left, right: Right, before: Sums) -> Sums {
  var sums = before;
  for (var i = 0u; i < share(); i++) {
    let place = i * SUBGROUP_SIZE + lane;
    for (var k = 0u; k < MATRIX_K * min(params.k_h, 1u); k++) {
      let a = value(staged_input[left + place / MATRIX_N * PITCH + k / 8u], k % 8u);
      sums[i] += a * value(staged_weight[right + place % MATRIX_N * PITCH + k / 8u], k % 8u);
    }
  }
  return sums;
}
fn store(lane: u32, at: u32, sums: Sums) {
  for (var i = 0u; i < share(); i++) {
    let place = i * SUBGROUP_SIZE + lane;
    staged_input[at + place / 4u][place % 4u] = bitcast<u32>(sums[i]);
  }
}
`
  return (
    replaced.reduce((edited, [what, by]) => {
      expect(edited.split(what), `${what}`).to.have.lengthOf(2)
      return edited.replace(what, by)
    }, text) + loops
  )
}
