import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { type FusedGraph, GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { explain } from '../../src/graph/plan/explain.ts'
import { type Tunable, tunablesOf } from '../../src/graph/tune/tunable.ts'
import { fastestOf, type TuneProgress, tune } from '../../src/graph/tune/tune.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { seededImage } from '../model/seeded_weights.ts'
import { TINY } from '../node/tiny_model.ts'
import { useCountedClock } from '../support/counted_clock.ts'
import { useFewCandidates } from '../support/few_candidates.ts'
import { testGpu } from '../support/gpu.ts'
import { replaced } from '../support/replaced.ts'
import { relativeError, runGraph } from '../support/run_graph.ts'
import { skip } from '../support/skip.ts'

/** The tiny network's logits of an image of this size. */
function tinyGraph(size = 65) {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, size, size, 3])
  return builder.build([deepLab(builder, image, deepLabConfig(TINY), 16)])
}

const turn = <T>(work: () => Promise<T>) => work()

describe('tuning', () => {
  let gpu: Gpu
  before(async function () {
    gpu = await testGpu()
    if (gpu.subgroupSize === undefined) skip(this, 'this adapter has only one variant')
  })

  const namesOf = ({ candidates }: Tunable) => candidates.map(({ name }) => name)
  /** The graph after the plan's passes, which join and split convolutions. */
  const planned = (size?: number) => createPlan(tinyGraph(size), { device: gpu }).graph
  const layersOf = (graph: FusedGraph) => tunablesOf(graph, { device: gpu })

  /** A graph of a few of its convolutions, on small maps: tuning all of them takes long where compilation does. */
  const few = (graph: FusedGraph): FusedGraph => {
    const ops = layersOf(graph)
      .slice(6, 10)
      .map(({ op }) => op)
    return { ...graph, ops }
  }

  it('lists identical convolutions once, the most expensive first', () => {
    const graph = planned()
    const found = layersOf(graph)
    const convolutions = graph.ops.filter(({ kind }) => kind === 'conv2d')
    expect(found.reduce((sum, { layers }) => sum + layers, 0)).to.equal(convolutions.length)
    expect(new Set(found.map(({ convolution }) => convolution)).size).to.equal(found.length)
    expect(found.length).to.be.below(convolutions.length)
    expect(found.at(-1)!.convolution, 'of a single pixel').to.match(/^1×1×1×/)
  })

  describe('with few candidates', () => {
    useFewCandidates()
    const clock = useCountedClock()

    it('measures the candidates that are not much slower, and frees its memory', async () => {
      const before = gpu.memory
      const progress: TuneProgress[] = []
      const graph = few(planned())
      const found = await tune(gpu, graph, { turn, onProgress: each => progress.push(each) })
      const { buffers, liveBytes } = gpu.memory
      expect({ buffers, liveBytes }).to.deep.equal({ buffers: before.buffers, liveBytes: before.liveBytes })
      const layers = layersOf(graph)
      const [dearest, second, scout, last] = layers
      expect(found.map(({ convolution }) => convolution)).to.deep.equal(
        layers.map(({ convolution }) => convolution),
      )
      expect(progress.map(({ done, convolution }) => `${done} ${convolution}`)).to.deep.equal(
        [scout, dearest, second, last].map(({ convolution }, i) => `${i} ${convolution}`),
      )
      for (const [i, { untuned, fastest, milliseconds }] of found.entries()) {
        const measured = Object.keys(milliseconds)
        expect(namesOf(layers[i])).to.include.members(measured)
        expect(measured).to.include(untuned).and.include(fastest)
        for (const each of Object.values(milliseconds)) expect(each).to.be.within(0.001, 60_000)
        if (fastest !== untuned) expect(milliseconds[fastest]!).to.be.below(0.95 * milliseconds[untuned]!)
      }
    })

    it('leaves out variants that do not compile or that compute wrong results (slow)', async () => {
      const pipelines = replaced(gpu.pipelines, {
        async get(kernel: Kernel) {
          const shader = kernel.shader.name
          if (!/^conv2d|^winograd_multiply/.test(shader) || shader === 'conv2d_subgroup')
            return gpu.pipelines.get(kernel)
          if (shader !== 'conv2d') throw new ShaderError('refused')
          // The grid stays as it is for 8 pixels a tile, so that most pixels are never computed.
          return gpu.pipelines.get({ ...kernel, constants: { ...kernel.constants, LANE_PIXELS: 1 } })
        },
      })
      // Maps of 9 × 9 pixels and more: 32 lanes of one pixel each do not reach their ends.
      const graph = planned(129)
      const { limits, isCpu, subgroupSize } = gpu
      const target = { limits, isCpu, subgroupSize, quirks: new Set<never>() }
      const enough = new AbortController()
      const found = await tune(replaced(gpu, { pipelines, ...target }), graph, {
        turn,
        signal: enough.signal,
        onProgress: ({ done }) => done === 4 && enough.abort(),
      })
      expect(found).to.have.length(4)
      for (const name of found.flatMap(({ milliseconds }) => Object.keys(milliseconds)))
        expect(name).to.match(/^conv2d_subgroup\b/)
    })

    it('leaves time for the final of a layer where pipelines compile slowly', async () => {
      const pipelines = replaced(gpu.pipelines, {
        async get(kernel: Kernel) {
          clock.time += 1000
          return gpu.pipelines.get(kernel)
        },
      })
      const found = await tune(replaced(gpu, { pipelines }), few(planned()), { turn, seconds: 5 })
      expect(found).to.not.deep.equal([])
      expect(found[0].milliseconds).to.include.keys(found[0].untuned)
    })

    it('ends when its time is over or on a signal', async () => {
      const graph = planned()
      expect(await tune(gpu, graph, { turn, seconds: 0 })).to.deep.equal([])
      expect(await tune(gpu, graph, { turn, signal: AbortSignal.abort() })).to.deep.equal([])

      const slow = <T>(work: () => Promise<T>) => {
        clock.time += 100
        return work()
      }
      const start = clock.time
      const some = await tune(gpu, graph, { turn: slow, seconds: 2 })
      expect(clock.time - start, 'the last piece of work may end later').to.be.within(2000, 2500)
      expect(some.length).to.be.below(layersOf(graph).length)

      const stop = new AbortController()
      const { buffers } = gpu.memory
      const two = await tune(gpu, few(graph), {
        turn,
        signal: stop.signal,
        onProgress: ({ done }) => done === 2 && stop.abort(),
      })
      expect(two).to.have.length(2)
      expect(gpu.memory.buffers).to.equal(buffers)
    })

    it('leaves out convolutions measured before, on request', async () => {
      const graph = few(planned(33))
      const layers = layersOf(graph)
      const all = new Map(layers.map(({ convolution }) => [convolution, 'conv2d' as const]))
      const tuned = new Map([...all].slice(1))
      const found = await tune(gpu, graph, { turn, tuned, onlyNew: true })
      expect(found.map(({ convolution }) => convolution)).to.deep.equal([layers[0].convolution])
      expect(await tune(gpu, graph, { turn, tuned: all, onlyNew: true })).to.deep.equal([])
    })
  })

  describe('without timestamps (slow)', () => {
    useFewCandidates()

    it('measures with the host’s clock if the GPU has no timestamps', async () => {
      const without = await openWithoutTimestamps()
      try {
        const [{ milliseconds }] = await tune(without, few(planned(33)), { turn })
        for (const each of Object.values(milliseconds)) expect(each).to.be.within(0.001, 5000)
      } finally {
        without.destroy()
      }
    })
  })

  it('changes which kernels run, but not the results (slow)', async () => {
    const graph = tinyGraph()
    const inputs = { image: seededImage(65, 65) }
    const name = graph.outputs[0].name
    const by = async (tuned: ReadonlyMap<string, string>) => {
      const plan = createPlan(graph, { device: gpu, policy: { tuned } })
      const outputs = await runGraph(gpu, graph, { inputs, tuned })
      return { plan: explain(plan), logits: outputs[name] as Float32Array }
    }
    const layers = layersOf(planned())
    const untuned = await by(new Map())
    const by3 = new Map(
      layers
        .filter(layer => namesOf(layer).includes('winograd_3'))
        .map(({ convolution }) => [convolution, 'winograd_3' as const]),
    )
    const all = new Map<string, string>(layers.map(({ convolution }) => [convolution, 'conv2d']))
    const [tiles, direct] = [await by(by3), await by(all)]
    expect(tiles.plan)
      .to.match(/ winograd_multiply /)
      .and.match(/ winograd_input 3×5 /)
    expect(untuned.plan).not.to.match(/ winograd_input 3×5 /)
    expect(direct.plan)
      .to.match(/ conv2d /)
      .and.not.match(/ conv2d_subgroup | winograd/)
    expect(tiles.logits, 'other sums').not.to.deep.equal(untuned.logits)
    for (const { logits } of [tiles, direct]) expect(relativeError(logits, untuned.logits)).to.be.below(1e-5)
  })

  describe('takes another variant', () => {
    const steady = [10, 11, 10, 12, 10]
    it('that is faster', () => {
      expect(fastestOf('conv2d', { conv2d: steady, winograd_4: [8, 9, 8, 9, 8] })).to.equal('winograd_4')
      const both = { winograd_4: [8, 9, 8, 9, 8], winograd_3: [7, 8, 7, 8, 7] }
      expect(fastestOf('conv2d', { conv2d: steady, ...both })).to.equal('winograd_3')
    })
    it('not if the difference may be noise', () => {
      expect(fastestOf('conv2d', { conv2d: steady, winograd_4: [9.6, 9.6, 9.6, 9.6, 9.6] })).to.equal(
        'conv2d',
      )
      const lucky = [8, 30, 30, 8, 30]
      expect(fastestOf('conv2d', { conv2d: steady, winograd_4: lucky })).to.equal('conv2d')
      expect(fastestOf('conv2d', { conv2d: steady })).to.equal('conv2d')
    })
    it('if the table’s variant does not run', () => {
      expect(fastestOf('conv2d_subgroup', { conv2d: steady })).to.equal('conv2d')
    })
  })
})

/** The default adapter without timestamps. */
async function openWithoutTimestamps(): Promise<Gpu> {
  const adapter = (await (await testGpu()).entry.requestAdapter())!
  const features = new Set([...adapter.features].filter(feature => feature !== 'timestamp-query'))
  const limited = replaced(adapter, { features: features as unknown as GPUSupportedFeatures })
  return requestGpu({ requestAdapter: async () => limited } as unknown as GPU)
}
