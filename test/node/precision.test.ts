// Models with activations and weights stored as f16.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import { DeepLab, openDataset, type Precision, preset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import { needsFloat16, testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'
import { writeHalves } from './halves_dataset.ts'
import { sharedFile, useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const agreement = (a: Uint8Array, b: Uint8Array) => a.filter((id, i) => id === b[i]).length / a.length

describe('precision', () => {
  const path = useTemporaryFolder()
  let models: DeepLab[] = []
  afterEach(async () => {
    for (const model of models) await model.dispose()
    models = []
  })

  /** The same model, in fp32 and in fp16. */
  async function both(open: (precision: Precision) => Promise<DeepLab>): Promise<[DeepLab, DeepLab]> {
    models = [await open('fp32'), await open('fp16')]
    return [models[0], models[1]]
  }

  describe('fp16 (needs shader-f16)', () => {
    before(needsFloat16)

    const several = { scales: [0.5, 1], flip: true, size: 257 }
    for (const [name, photos] of [
      ['scenes', ['docs/scene.png']],
      ['checkpoints/deeplabv3_mobilenet_v2_1.0_513', ['photos/bird.png', 'photos/pets.jpg']],
    ] as const)
      it(`${name}: at least 99.5 % of the pixels have the same class as in fp32`, async function () {
        const found = (file: string) =>
          file.includes('/') && !file.startsWith('docs') ? sharedFile(this, file) : file
        const gpu = await testGpu()
        const [full, half] = await both(precision => DeepLab.load(found(name), { gpu, precision }))
        for (const photo of photos.map(found))
          for (const options of [{}, several]) {
            const expected = await full.segment(photo, options)
            const { mask } = await half.segment(photo, options)
            expect(expected.classes.length, 'classes that occur').to.be.above(1)
            expect(agreement(mask, expected.mask), photo).to.be.at.least(0.995)
          }
      })

    it('takes half the memory, before and after a change of the model', async () => {
      const gpu = await testGpu()
      const { config } = preset('deeplabv3_mobilenet_v2')
      const [full, half] = await both(precision => DeepLab.create(config, { gpu, precision }))
      const megabytes = async (model: DeepLab) => {
        const text = await model.explain(blocksPhoto(513, 513))
        return /arena ([\d.]+) MB, weights ([\d.]+) MB/.exec(text)!.slice(1).map(Number)
      }
      const [arena, weights] = await megabytes(full)
      for (const change of [async () => {}, () => half.setSize(513)]) {
        await change()
        const found = await megabytes(half)
        expect(found[0]).to.be.closeTo(arena / 2, 0.1)
        expect(found[1]).to.be.closeTo(weights / 2, 0.1)
      }
    })

    it('is not saved with the model, and does not change training: the same weights to the bit (slow)', async () => {
      const gpu = await testGpu()
      await writeHalves(path('voc'))
      const dataset = await openDataset(`voc:${path('voc')}`, { split: 'train' })
      const recipe = { steps: 2, batchSize: 2, size: 33, cropSize: 33 }
      const [full, half] = await both(precision => DeepLab.create(TINY, { gpu, precision }))
      for (const model of [full, half]) for await (const _ of new Trainer(model, dataset, recipe));
      expectSameBits(half.state.parameters, full.state.parameters)
      await half.save(path('saved'))
      const loaded = await DeepLab.load(path('saved'), { gpu })
      models.push(loaded)
      const [saved, trained] = [
        await loaded.segment(blocksPhoto(90, 70)),
        await full.segment(blocksPhoto(90, 70)),
      ]
      expect(saved.mask).to.deep.equal(trained.mask)
    })
  })

  it('other than fp32 and fp16 is refused', async () => {
    const options = { gpu: await testGpu(), precision: 'fp8' as Precision }
    const { message } = await rejects(UserError, () => DeepLab.create(TINY, options))
    expect(message).to.equal('precision: expected fp32 or fp16, got "fp8"')
  })

  it('fp16 is refused by a GPU without shader-f16, and fp32 is not', async () => {
    const gpu = await gpuWithoutFloat16()
    const { message } = await rejects(UserError, () => DeepLab.create(TINY, { gpu, precision: 'fp16' }))
    expect(message).to.equal('precision fp16: this GPU lacks shader-f16; fp32 runs on every GPU')
    const model = await DeepLab.create(TINY, { gpu })
    expect((await model.segment(blocksPhoto(90, 70), { size: 33 })).mask).to.have.length(90 * 70)
    await model.dispose()
    gpu.destroy()
  })
})

/** A separate GPU whose adapter hides shader-f16. */
async function gpuWithoutFloat16(): Promise<Gpu> {
  const adapter = (await (await testGpu()).entry.requestAdapter())!
  const { limits, info } = adapter
  const features = new Set([...adapter.features].filter(feature => feature !== 'shader-f16'))
  const requestDevice: typeof adapter.requestDevice = descriptor => adapter.requestDevice(descriptor)
  const requestAdapter = async () => ({ features, limits, info, requestDevice })
  return requestGpu({ requestAdapter } as unknown as GPU)
}
