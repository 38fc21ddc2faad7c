import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type TunedStrategies, tuningKey } from '../../src/graph/tune/tuning_store.ts'
import { BackgroundTuner } from '../../src/inference/background_tuner.ts'
import { DeepLab } from '../../src/node/index.ts'
import { FileTuningStore, openTuning } from '../../src/node/tuning.ts'
import { useCountedClock } from '../support/counted_clock.ts'
import { useFewCandidates } from '../support/few_candidates.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'
import { rejection, useEmptyCache, useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const some: TunedStrategies = new Map([
  ['1×33×33×256 → 256, 1×1', 'conv2d'],
  ['1×33×33×256 → 256, 3×3, rate 2, padding 2', 'winograd_4'],
])

describe('tuning', () => {
  const path = useTemporaryFolder()

  describe('kept in a file', () => {
    const store = () => new FileTuningStore(path('cache/tuning.json'))

    /** The warnings that `work` prints. */
    async function warnings(work: () => Promise<unknown>): Promise<string[]> {
      const found: string[] = []
      const { warn } = console
      console.warn = (line: string) => found.push(line)
      await work().finally(() => {
        console.warn = warn
      })
      return found
    }

    it('is read as it was written, separately for each adapter', async () => {
      expect(await store().read('one')).to.deep.equal(new Map())
      await store().write('one', some)
      await store().write('two', new Map([['1×1×1×8 → 8, 1×1', 'conv2d']]))
      expect(await store().read('one')).to.deep.equal(some)
      expect((await store().read('two')).size).to.equal(1)
      expect(await store().read('three')).to.deep.equal(new Map())
      await store().write('one', new Map())
      expect(Object.keys(JSON.parse(await readFile(path('cache/tuning.json'), 'utf8')))).to.deep.equal([
        'two',
      ])
    })

    it('is limited to the latest entries', async () => {
      for (let i = 0; i < 20; i++) await store().write(`adapter ${i}`, some)
      expect(await store().read('adapter 3')).to.deep.equal(new Map())
      expect(await store().read('adapter 4')).to.deep.equal(some)
      const many = new Map(Array.from({ length: 3000 }, (_, i) => [`convolution ${i}`, 'conv2d' as const]))
      await store().write('many', many)
      const kept = await store().read('many')
      expect(kept.size).to.equal(2000)
      expect([...kept.keys()].at(-1)).to.equal('convolution 2999')
    })

    const damaged: [what: string, text: string][] = [
      ['cut short', '{ "one": { "1×33'],
      ['not of this kind', '[1, 2]'],
      ['of other values', '{ "one": 3 }'],
      ['of choices that are no names', '{ "one": { "1×33×33×256 → 256, 1×1": 3 } }'],
    ]
    for (const [what, text] of damaged)
      it(`is empty, with a warning, if the file is ${what}`, async () => {
        await writeFile(path('tuning.json'), text)
        const broken = new FileTuningStore(path('tuning.json'))
        const said = await warnings(async () => expect((await broken.read('one')).size).to.equal(0))
        expect(said).to.deep.equal([
          `warning: ${path('tuning.json')} is damaged and ignored; atrous tune replaces it`,
        ])
        await warnings(() => broken.write('one', some))
        expect(
          await warnings(async () => expect(await broken.read('one')).to.deep.equal(some)),
        ).to.deep.equal([])
      })

    it('is empty, with a warning, if a folder has its name', async () => {
      const folder = new FileTuningStore(path('.'))
      const said = await warnings(async () => expect((await folder.read('one')).size).to.equal(0))
      expect(said.length).to.equal(1)
      expect(said[0]).to.match(/^warning: .* EISDIR/)
    })
  })

  it('is valid for one adapter, driver and subgroup size', () => {
    const info = { vendor: 'v', architecture: 'a', device: 'd', description: 'driver 1' }
    const key = (more: object, subgroupSize?: number) =>
      tuningKey({ info: { ...info, ...more }, subgroupSize } as Gpu)
    const keys = [
      key({}),
      ...['vendor', 'architecture', 'device', 'description'].map(name => key({ [name]: 'other' })),
      key({}, 8),
    ]
    expect(new Set(keys).size).to.equal(keys.length)
    expect(key({})).to.equal(keys[0])
    expect(JSON.parse(keys[0]).shaders, 'a hash of their text').to.match(/^[0-9a-f]{16}$/)
  })

  it('in the background runs once for each new size, one at a time, while there is time left', async () => {
    const tuner = new BackgroundTuner()
    const begun: { job: string; seconds: number; end: () => void }[] = []
    const start = (job: string) =>
      tuner.start(job, ({ seconds }) => new Promise<void>(end => begun.push({ job, seconds, end })))
    start('one')
    start('two')
    await sleep(50)
    begun[0].end()
    await sleep(10)
    start('one')
    start('two')
    expect(begun.map(({ job }) => job)).to.deep.equal(['one', 'two'])
    expect(begun[1].seconds).to.be.below(begun[0].seconds - 0.04)
    const stopped = tuner.stop()
    begun[1].end()
    await stopped
    start('three')
    expect(begun).to.have.length(2)
  })

  describe('of a model', () => {
    useEmptyCache(path)
    useFewCandidates()
    const clock = useCountedClock()
    const photo = blocksPhoto(90, 70)
    const size = 65
    let gpu: Gpu
    let model: DeepLab | undefined

    beforeEach(async function () {
      gpu = await testGpu()
      if (gpu.subgroupSize === undefined) skip(this, 'this adapter has only one variant')
    })
    afterEach(async () => {
      await model?.dispose()
      model = undefined
    })

    const onDisk = async () => (await openTuning(gpu)).variants

    it('is kept on disk and used', async () => {
      model = await DeepLab.create(TINY, { gpu, tune: 'off' })
      const found = await model.tune(photo, { size, seconds: 2 })
      const fastest = found.map(({ convolution, fastest }) => [convolution, fastest])
      expect(found).not.to.be.empty
      expect([...(await onDisk())]).to.deep.equal(fastest)

      const other = new Map(found.map(({ convolution }) => [convolution, 'conv2d' as const]))
      const { save, variants } = await openTuning(gpu)
      for (const [convolution, variant] of other) variants.set(convolution, variant)
      await save()
      const told = await DeepLab.create(TINY, { gpu })
      const layers = found.reduce((sum, { layers }) => sum + layers, 0)
      expect((await told.explain(photo, { size })).match(/ conv2d /g)).to.have.length(layers)
      await told.dispose()
    })

    it('applies to existing plans, and does not change masks', async () => {
      model = await DeepLab.create(TINY, { gpu, seed: 3, tune: 'off' })
      const before = await model.segment(photo, { size })
      const { buffers } = gpu.memory
      // Two tunings at the same time, and calls between the measurements.
      const tuning = Promise.all([
        model.tune(photo, { size, seconds: 1 }),
        model.tune(photo, { size, seconds: 2, batchSize: 2 }),
      ])
      for (let i = 0; i < 5; i++)
        expect((await model.segment(photo, { size })).mask).to.deep.equal(before.mask)
      await tuning
      expect((await model.segment(photo, { size })).mask).to.deep.equal(before.mask)
      expect(gpu.memory.buffers).to.be.at.most(buffers)
    })

    it('ends when the model is disposed of', async () => {
      model = await DeepLab.create(TINY, { gpu, tune: 'off' })
      const { buffers } = gpu.memory
      const tuning = model.tune(photo, { size, onProgress: ({ done }) => done === 2 && model?.dispose() })
      expect((await tuning).length).to.equal(2)
      expect(gpu.memory.buffers).to.equal(buffers)
      expect((await rejection(model.tune(photo))).message).to.equal(
        'this model was disposed of: load it again',
      )
    })

    it('is merged with the results of another program', async () => {
      const [one, two] = [await openTuning(gpu), await openTuning(gpu)]
      one.variants.set('one', 'conv2d')
      two.variants.set('two', 'conv2d')
      await one.save()
      await two.save()
      expect([...(await onDisk()).keys()]).to.deep.equal(['one', 'two'])
      await one.forget()
      expect((await onDisk()).size).to.equal(0)
    })

    it('runs in the background after a new size, if requested (slow)', async () => {
      model = await DeepLab.create(TINY, { gpu, tune: 'background' })
      await model.segment(photo, { size })
      await until(async () => (await onDisk()).size > 0)
    })

    it('does not run by default on a software adapter or if $CI is set', async () => {
      const { CI } = process.env
      process.env.CI = 'true'
      model = await DeepLab.create(TINY, { gpu })
      if (CI === undefined) delete process.env.CI
      else process.env.CI = CI
      await model.segment(photo, { size })
      await model.dispose()
      expect((await rejection(stat(path('cache')))).message).to.include('ENOENT')
    })

    it('does not keep a finished program running', async () => {
      const program = `
        import { DeepLab } from ${JSON.stringify(new URL('../../src/node/index.ts', import.meta.url).href)}
        const model = await DeepLab.create(${JSON.stringify(TINY)}, { tune: 'background' })
        await model.segment({ width: 9, height: 9, originalWidth: 9, originalHeight: 9, data: new Uint8Array(324) })
        await model.dispose()
        console.log(performance.now())`
      await writeFile(path('program.mts'), program)
      const options = { cwd: fileURLToPath(new URL('../../', import.meta.url)), timeout: 600_000 }
      const run = promisify(execFile)(process.execPath, ['--import', 'tsx', path('program.mts')], options)
      const { stdout } = await run // rejects if the process had to be killed
      expect(Number(stdout)).to.be.above(0)
    })

    it('refuses other values of the option', async () => {
      const error = await rejection(DeepLab.create(TINY, { gpu, tune: 'on' as 'off' }))
      expect(error.message).to.equal('tune: expected background or off, got "on"')
    })

    it('in the background stops on request, as training does', async () => {
      model = await DeepLab.create(TINY, { gpu, tune: 'background' })
      await model.segment(photo, { size })
      const start = clock.time
      await model.stopTuning()
      expect(clock.time - start, 'waits for a measurement').to.be.below(500)
      const { buffers } = gpu.memory
      const { size: known } = await onDisk()
      await model.segment(photo, { size: 33 })
      await sleep(300)
      expect((await onDisk()).size).to.equal(known)
      expect(gpu.memory.buffers).to.be.below(buffers + 10)
    })
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50)
}
