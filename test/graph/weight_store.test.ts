import { expect } from 'chai'
import { convolutionWeights, type PackedWeights } from '../../src/graph/lower/packed_weights.ts'
import { WeightStore } from '../../src/graph/runtime/weight_store.ts'
import { testGpu } from '../support/gpu.ts'
import { withLimits } from '../support/with_limits.ts'

describe('graph/weight_store', () => {
  const names = ['a', 'b', 'c']
  const shape = [64, 64, 3, 3]
  const weights = Object.fromEntries(
    names.map(name => [name, convolutionWeights({ weight: { name, shape } })]),
  )
  const host = new Map(names.map((name, i) => [name, new Float32Array(64 * 64 * 9).fill(i)]))
  const plan = (...folded: PackedWeights[]) => ({ folded, parameters: [] })

  it('frees layouts that no plan reads, and makes them again when needed', async () => {
    const gpu = await testGpu()
    const before = gpu.memory.liveBytes
    const store = new WeightStore(gpu, host)
    const [direct, tiles] = [weights.a.direct(), weights.a.winograd(4)]
    await store.upload(plan(direct))
    const withDirect = gpu.memory.liveBytes
    await store.upload(plan(direct, tiles))
    const withBoth = gpu.memory.liveBytes
    expect(withBoth).to.be.above(withDirect)
    const places = [direct, tiles].map(form => store.folded(form, 'packed').buffer)

    store.keepFor([plan(direct), plan(direct, tiles)])
    expect(gpu.memory.liveBytes, 'both are in use').to.equal(withBoth)
    store.keepFor([plan(direct)])
    expect(gpu.memory.liveBytes).to.equal(withDirect)
    expect(store.folded(direct, 'packed').buffer).to.equal(places[0])

    await store.upload(plan(tiles))
    expect(gpu.memory.liveBytes).to.equal(withBoth)
    expect(store.folded(tiles, 'packed').buffer).not.to.equal(places[1])
    store.destroy()
    expect(gpu.memory.liveBytes).to.equal(before)
  })

  it('holds the same in several buffers, where one would be too large for the GPU', async () => {
    const gpu = await testGpu()
    const before = gpu.memory.liveBytes
    const forms = names.map(name => weights[name].direct())
    const bytes = forms[0].parts[0].kernel.outputs.packed
    const limits = { maxBufferSize: 2 * bytes, maxStorageBufferBindingSize: bytes }
    await withLimits(gpu, limits, async () => {
      const store = new WeightStore(gpu, host)
      await store.upload(plan(...forms))
      const ranges = forms.map(form => store.folded(form, 'packed'))
      expect(new Set(ranges.map(({ buffer }) => buffer)).size).to.equal(2)
      store.keepFor([plan(forms[2])])
      expect(store.folded(forms[0], 'packed'), 'made with one in use').to.deep.equal(ranges[0])
      store.keepFor([])
      expect(gpu.memory.liveBytes).to.equal(before)
      store.destroy()
    })
  })

  it('keeps layouts that were made together with one in use', async () => {
    const gpu = await testGpu()
    const store = new WeightStore(gpu, host)
    const [b, c] = [weights.b.direct(), weights.c.direct()]
    await store.upload(plan(b, c))
    const both = gpu.memory.liveBytes
    store.keepFor([plan(c)])
    expect(gpu.memory.liveBytes).to.equal(both)
    store.keepFor([])
    expect(gpu.memory.liveBytes).to.be.below(both)
    store.destroy()
  })
})
