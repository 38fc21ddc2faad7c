import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { Executor } from '../../src/graph/executor.ts'
import { explain } from '../../src/graph/explain.ts'
import { type Graph, graphParameters } from '../../src/graph/graph.ts'
import { createPlan } from '../../src/graph/plan.ts'
import { WeightStore } from '../../src/graph/weight_store.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { preset } from '../../src/model/presets.ts'
import { seededImage, seededParameter } from '../model/seeded_weights.ts'
import { testGpu } from '../support/gpu.ts'

/** WebGPU's defaults, which every adapter has. */
const target = {
  limits: {
    maxStorageBufferBindingSize: 128 * 2 ** 20,
    maxBufferSize: 256 * 2 ** 20,
    minStorageBufferOffsetAlignment: 256,
  },
}

function network(name: string, { size, outputStride }: { size: number; outputStride: number }): Graph {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, size, size, 3])
  return builder.build([deepLab(builder, image, preset(name).config, outputStride)])
}

/** The methods of `object` whose names begin like one of `prefixes` and that `work` calls. */
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

describe('plan', () => {
  for (const subgroupSize of [undefined, 8])
    it(`keeps ResNet-50 at output stride 8 and 513×513 under 75 MB, subgroups of ${subgroupSize ?? 'no'} lanes`, () => {
      const graph = network('deeplabv3_resnet50', { size: 513, outputStride: 8 })
      expect(createPlan(graph, { ...target, subgroupSize }).arenaBytes).to.be.below(75e6)
    })

  it('predicts the bytes that the executor allocates', async () => {
    const gpu = await testGpu()
    const graph = network('deeplabv3_mobilenet_v2', { size: 65, outputStride: 16 })
    const plan = createPlan(graph, gpu)
    const weights = new WeightStore(
      gpu,
      new Map(graphParameters(graph).map(p => [p.name, seededParameter(p)])),
    )
    const before = gpu.memory.liveBytes
    const executor = await Executor.create(gpu, plan, weights)
    await executor.run({ image: seededImage(65, 65) })
    const weightBytes = plan.folded.reduce(
      (sum, { kernel }) => sum + kernel.outputs.packed + kernel.outputs.packed_bias,
      0,
    )
    const took = gpu.memory.liveBytes - before
    // Beside arena and weights: parameters of the kernels, the readback, and padding between weights.
    expect(took).to.be.within(plan.arenaBytes + weightBytes, plan.arenaBytes + weightBytes + 200e3)
    await executor.destroy()
    weights.destroy()
    expect(gpu.memory.liveBytes).to.equal(before)
  })

  it('gives the same logits when run again, after other sizes and after a refused input', async () => {
    const gpu = await testGpu()
    const graph = network('deeplabv3_mobilenet_v2', { size: 65, outputStride: 16 })
    const weights = new WeightStore(
      gpu,
      new Map(graphParameters(graph).map(p => [p.name, seededParameter(p)])),
    )
    const executor = await Executor.create(gpu, createPlan(graph, gpu), weights)
    const image = seededImage(65, 65)
    const [first, second] = await Promise.all([executor.run({ image }), executor.run({ image })])
    expect(await executor.run({ image: image.subarray(1) }).catch((error: Error) => error.message)).to.match(
      /image: \[1,65,65,3\]/,
    )
    const third = await executor.run({ image })
    for (const other of [second, third]) expect(other).to.deep.equal(first)
    await executor.destroy()
    weights.destroy()
  })

  it('makes nothing new when run again: buffers, bind groups and pipelines are there, and it submits once', async () => {
    const gpu = await testGpu()
    const graph = network('deeplabv3_mobilenet_v2', { size: 65, outputStride: 16 })
    const weights = new WeightStore(
      gpu,
      new Map(graphParameters(graph).map(p => [p.name, seededParameter(p)])),
    )
    const executor = await Executor.create(gpu, createPlan(graph, gpu), weights)
    const image = seededImage(65, 65)
    await executor.run({ image })
    const made = await callsOf(gpu.device, ['create', 'push'], () => executor.run({ image }))
    expect(made).to.deep.equal(['createCommandEncoder'])
    expect(await callsOf(gpu.device.queue, ['submit'], () => executor.run({ image }))).to.have.lengthOf(1)
    await executor.destroy()
    weights.destroy()
  })

  it('refuses a tensor that the GPU cannot bind, by name', () => {
    const graph = network('deeplabv3_resnet50', { size: 2049, outputStride: 8 })
    expect(() => createPlan(graph, target)).to.throw(
      UserError,
      /backbone\.\S+ takes [\d.]+ MiB, and this GPU binds 128/,
    )
  })

  it('explains itself: a line a dispatch and the totals', () => {
    const plan = createPlan(network('deeplabv3_resnet50', { size: 513, outputStride: 16 }), target)
    const lines = explain(plan).split('\n')
    expect(lines).to.have.lengthOf(plan.steps.length + 3)
    expect(lines[1]).to.match(/^backbone\.conv1 +conv2d \S+ +\[1 × 257 × 257 × 64\] +0\.621 /)
    expect(lines.at(-1)).to.match(/dispatches, [\d.]+ GMAC, arena [\d.]+ MB, weights [\d.]+ MB$/)
  })
})
