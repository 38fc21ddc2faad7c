import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { explain } from '../../src/graph/plan/explain.ts'
import { weightBytes } from '../../src/graph/plan/plan.ts'
import { Executor } from '../../src/graph/runtime/executor.ts'
import { WeightStore } from '../../src/graph/runtime/weight_store.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { seededParameters } from '../support/run_graph.ts'
import { abortedAfter, ENOUGH, submitsDuring, withSubmitsOf } from '../support/submit_budget.ts'
import { targetOf } from '../support/target.ts'

function network(name: string, { size, outputStride }: { size: number; outputStride: number }): ModelGraph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, size, size, 3])
  return builder.build([deepLab(builder, image, preset(name).config, outputStride)])
}

/** The calls that `work` makes to methods of `object` whose names begin with one of `prefixes`. */
async function callsOf<T extends object>(object: T, prefixes: string[], work: () => Promise<unknown>) {
  const calls: string[] = []
  const methods = object as Record<string, unknown>
  const prototype = Object.getPrototypeOf(object) as Record<string, unknown>
  const names = Object.getOwnPropertyNames(prototype).filter(name => prefixes.some(p => name.startsWith(p)))
  for (const name of names)
    methods[name] = (...args: unknown[]) => {
      calls.push(name)
      return (prototype[name] as (...args: unknown[]) => unknown).apply(object, args)
    }
  await work()
  for (const name of names) delete methods[name]
  return calls
}

/** Does some work with MobileNetV2's network on the GPU, planned for 65×65. */
async function withNetwork(work: (executor: Executor, gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await testGpu()
  const graph = network('deeplabv3_mobilenet_v2', { size: 65, outputStride: 16 })
  const weights = new WeightStore(gpu, seededParameters(graph))
  const executor = await Executor.create(gpu, createPlan(graph, { device: gpu }), weights)
  await work(executor, gpu)
  await executor.destroy()
  weights.destroy()
}

describe('plan', () => {
  for (const isCpu of [false, true])
    it(`keeps ResNet-50 at output stride 8 and 513×513 under 75 MB, on a ${isCpu ? 'CPU adapter' : 'hardware GPU'}`, () => {
      const graph = network('deeplabv3_resnet50', { size: 513, outputStride: 8 })
      expect(createPlan(graph, targetOf({ isCpu, subgroupSize: 8 })).arenaBytes).to.be.below(75e6)
    })

  it('takes half the memory in fp16, except for intermediate results within an op', () => {
    for (const name of ['deeplabv3_mobilenet_v2', 'deeplabv3_resnet50']) {
      const graph = network(name, { size: 129, outputStride: 16 })
      const [full, half] = (['fp32', 'fp16'] as const).map(precision =>
        createPlan(graph, targetOf({ precision, variant: 'conv2d' })),
      )
      expect(weightBytes(half), name).to.equal(weightBytes(full) / 2)
      // Tensors begin at multiples of 256 bytes.
      expect(half.arenaBytes, name).to.be.closeTo(full.arenaBytes / 2, 4096)
    }
  })

  it('stores all f32 tensors as f16, except sums of probabilities and Winograd’s intermediate results', () => {
    const builder = new GraphBuilder()
    const photo = builder.input('photo', [1, 65, 65, 4], 'rgba8')
    const options = { height: 65, width: 65, mean: [0, 0, 0], std: [1, 1, 1] }
    const views = [false, true].map(flip => {
      const image = builder.preprocess(photo, { ...options, name: `image ${flip}`, flip })
      const convolution = { outChannels: 8, kernel: 3, padding: 1, bias: false } as const
      return { logits: builder.conv2d(image, { ...convolution, name: `logits ${flip}` }), flip, weight: 0.5 }
    })
    const size = { height: 65, width: 65, alignCorners: false }
    const sums = builder.meanProbabilities(views, { ...size, name: 'sums' })
    const graph = builder.build([builder.upsampleArgmax(sums, { ...size, name: 'mask' })])
    const plan = createPlan(
      graph,
      targetOf({ isCpu: true, subgroupSize: 8, variant: 'winograd_4', precision: 'fp16' }),
    )
    const view = (flip: boolean) => ({
      [`image ${flip}`]: 'f16',
      [`logits ${flip}.tiles 0`]: 'f32',
      [`logits ${flip}.products 0`]: 'f32',
      [`logits ${flip}`]: 'f16',
    })
    expect(
      Object.fromEntries([...plan.placements.keys()].map(({ name, dtype }) => [name, dtype])),
    ).to.deep.equal({
      ...{ photo: 'rgba8', ...view(false), ...view(true), sums: 'f32', mask: 'class8' },
    })
    const last = plan.steps.at(-1)!.kernel
    expect(last.shader.name).to.equal('upsample_argmax')
    expect(last, 'reads the sums').not.to.have.property('stored')
  })

  it('predicts the bytes that the executor allocates', async () => {
    const gpu = await testGpu()
    const graph = network('deeplabv3_mobilenet_v2', { size: 65, outputStride: 16 })
    const plan = createPlan(graph, { device: gpu })
    const weights = new WeightStore(gpu, seededParameters(graph))
    const before = gpu.memory.liveBytes
    const executor = await Executor.create(gpu, plan, weights)
    await executor.run({ image: seededImage(65, 65) })
    const took = gpu.memory.liveBytes - before
    // In addition to arena and weights: parameters of the kernels, the readback, and padding between weights.
    expect(took).to.be.within(
      plan.arenaBytes + weightBytes(plan),
      plan.arenaBytes + weightBytes(plan) + 200e3,
    )
    await executor.destroy()
    weights.destroy()
    expect(gpu.memory.liveBytes).to.equal(before)
  })

  it('gives the same logits when run again, after other sizes and after a refused input', () =>
    withNetwork(async executor => {
      const image = seededImage(65, 65)
      const [first, second] = await Promise.all([executor.run({ image }), executor.run({ image })])
      expect(
        await executor.run({ image: image.subarray(1) }).catch((error: Error) => error.message),
      ).to.match(/image: \[1,65,65,3\]/)
      const third = await executor.run({ image })
      for (const other of [second, third]) expect(other).to.deep.equal(first)
    }))

  it('creates no buffers, bind groups or pipelines when run again, and submits once on a CPU adapter', () =>
    withNetwork(async (executor, gpu) => {
      const image = seededImage(65, 65)
      await executor.run({ image })
      const made = await callsOf(gpu.device, ['create', 'push'], () => executor.run({ image }))
      expect(new Set(made)).to.deep.equal(new Set(['createCommandEncoder']))
      if (gpu.info.isFallbackAdapter)
        expect(await submitsDuring(gpu, () => executor.run({ image })), 'submits').to.equal(1)
    }))

  it('gives the same logits in several submits, and after a run that was aborted between two of them', () =>
    withNetwork(async (executor, gpu) => {
      const image = seededImage(65, 65)
      const whole = await withSubmitsOf(Infinity, gpu, () => executor.run({ image }))
      await withSubmitsOf(0.2, gpu, async () => {
        let found = {}
        const submits = await submitsDuring(gpu, async () => {
          found = await executor.run({ image })
        })
        expect(submits).to.be.above(5)
        expect(found).to.deep.equal(whole)
        const other = seededImage(65, 65).fill(1)
        const aborted = (signal: AbortSignal) =>
          rejects(Error, () => executor.run({ image: other }, { signal }))
        expect(await abortedAfter(2, gpu, aborted)).to.equal(ENOUGH)
        expect(await executor.run({ image })).to.deep.equal(whole)
      })
    }))

  it('refuses a tensor that the GPU cannot bind, by name', () => {
    const builder = new GraphBuilder()
    const images = builder.input('images', [8, 513, 513, 3])
    const graph = builder.build([deepLab(builder, images, preset('deeplabv3_resnet50').config, 16)])
    expect(() => createPlan(graph, targetOf({}))).to.throw(
      UserError,
      /^backbone\.\S+ takes [\d.]+ MiB, and this GPU binds 128\.0 MiB at once: take .* fewer of them at a time/,
    )
  })

  for (const [name, size, outputStride] of [
    ['deeplabv3_resnet50', 2049, 8],
    ['deeplabv3_mobilenet_v2', 2049, 8],
    ['deeplabv3_mobilenet_v2', 3001, 16],
  ] as const)
    it(`computes ${name} at ${size}×${size} within WebGPU's default limits`, () => {
      const plan = createPlan(network(name, { size, outputStride }), targetOf({}))
      for (const bytes of plan.arenaBuffers) expect(bytes).to.be.at.most(256 * 2 ** 20)
      for (const { kernel } of plan.steps)
        for (const bytes of Object.values({ ...kernel.inputs, ...kernel.outputs }))
          expect(bytes, kernel.label).to.be.at.most(128 * 2 ** 20)
    })

  it('explains itself with a line for each dispatch and the totals', () => {
    const plan = createPlan(network('deeplabv3_resnet50', { size: 513, outputStride: 16 }), targetOf({}))
    const lines = explain(plan).split('\n')
    expect(lines).to.have.lengthOf(plan.steps.length + 3)
    expect(lines[1]).to.match(/^backbone\.conv1 +conv2d \S+ +\[1 × 257 × 257 × 64\] +0\.621 /)
    expect(lines.at(-1)).to.match(/dispatches, [\d.]+ GMAC, arena [\d.]+ MB, weights [\d.]+ MB$/)
  })
})
