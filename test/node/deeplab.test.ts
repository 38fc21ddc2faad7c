import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { PNG } from 'pngjs'
import { vocPalette } from '../../src/data/palette.ts'
import { UserError } from '../../src/errors.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { readModel } from '../../src/library/model_files.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { DeepLab, type Image, openGpu, readImage } from '../../src/node/index.ts'
import { findWeights } from '../../src/node/weights.ts'
import { accumulateProbabilities } from '../reference/accumulate_probabilities.ts'
import { zeros } from '../reference/array4.ts'
import { expectClasses } from '../reference/compare.ts'
import { upsampleArgmax } from '../reference/upsample_argmax.ts'
import { testGpu } from '../support/gpu.ts'
import { relativeError } from '../support/run_graph.ts'
import { networkLogits, type View } from './network_logits.ts'
import { readNpy } from './npy.ts'
import { rejection, sharedFile, useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const CHECKPOINT = 'checkpoints/deeplabv3_mobilenet_v2_1.0_513'

describe('DeepLab', () => {
  const path = useTemporaryFolder()
  const photo = blocksPhoto(90, 70)
  /** The longest edge to which the network scales a photo, in pixels: small, to be quick. */
  const size = 65

  describe('an untrained network', () => {
    let gpu: Gpu
    let model: DeepLab
    before(async () => {
      gpu = await testGpu()
      model = await DeepLab.create(TINY, { gpu, seed: 3 }) // a seed with which several classes occur in masks
    })
    after(() => model.dispose())

    it('segments at the photo’s own resolution', async () => {
      const found = await model.segment(photo, { size })
      expect(found).to.include({ width: 90, height: 70 })
      expect(found.mask).to.have.length(90 * 70)
      const shares = found.classes.map(({ share }) => share)
      expect(shares.length, 'classes that occur').to.be.above(1)
      expect(shares).to.deep.equal(shares.toSorted((a, b) => b - a))
      expect(shares.reduce((a, b) => a + b)).to.be.closeTo(1, 1e-12)
      for (const { id, share } of found.classes)
        expect(found.mask.filter(each => each === id).length / found.mask.length).to.equal(share)
    })

    it('gives a photo that was shrunk for the GPU a mask of its original size', async () => {
      const { mask } = await model.segment({ ...photo, originalWidth: 181, originalHeight: 139 }, { size })
      expect(mask).to.have.length(181 * 139)
    })

    it('is loaded as it was saved', async () => {
      await model.save(path('saved'))
      const loaded = await DeepLab.load(path('saved'), { gpu })
      expect(loaded.config).to.deep.equal(model.config)
      expect(loaded.classNames).to.deep.equal(model.classNames)
      const [ours, theirs] = [await model.segment(photo, { size }), await loaded.segment(photo, { size })]
      expect(theirs.mask).to.deep.equal(ours.mask)
      await loaded.dispose()
    })

    it('renames its classes and keeps every weight', async () => {
      const own = await DeepLab.create(TINY, { gpu, seed: 3 })
      const before = await own.segment(photo, { size })
      const names = ['sky', 'road', 'car', 'tree', 'pole']
      await own.renameClasses(names)
      expect(own.classNames).to.deep.equal(names)
      for (const [name, values] of model.state.parameters)
        expect(own.state.parameters.get(name), name).to.deep.equal(values)
      const after = await own.segment(photo, { size })
      expect(after.mask).to.deep.equal(before.mask)
      expect(after.classes.map(({ name }) => name)).to.deep.equal(before.classes.map(({ id }) => names[id]))
      for (const [wrong, message] of [
        [['sky', 'road'], 'classes: expected 5 names, as the model has classes; got 2'],
        [['sky', 'sky', 'car', 'tree', 'pole'], 'classes: classes 0 and 1 have the same name, "sky"'],
      ] as const)
        expect(await rejection(own.renameClasses(wrong))).to.include({ name: 'UserError', message })
      expect(own.classNames).to.deep.equal(names)
      await own.dispose()
    })

    it('gives the same results in batches as one by one, in the order of the photos', async () => {
      const photos = [
        ...[1, 2, 3].map(seed => blocksPhoto(90, 70, seed)),
        blocksPhoto(70, 90),
        ...[4, 5].map(seed => blocksPhoto(90, 70, seed)),
      ]
      const together = await model.segment(photos, { size, batchSize: 2 })
      for (const [i, each] of photos.entries())
        expect(together[i].mask, `photo ${i}`).to.deep.equal((await model.segment(each, { size })).mask)
      expect(await model.segment([])).to.deep.equal([])
    })

    it('allows concurrent calls with many sizes', async () => {
      const photos = Array.from({ length: 12 }, (_, i) => blocksPhoto(60 + i, 70))
      const found = await Promise.all(photos.map(each => model.segment(each, { size })))
      expect(found.map(({ width }) => width)).to.deep.equal(photos.map(({ width }) => width))
    })

    it('averages the probabilities over scales and mirror images like the reference', async () => {
      const options = { size, scales: [0.75, 1.25], flip: true }
      const { mask } = await model.segment(photo, options)
      await model.save(path('saved'))
      const network = await readModel(await findWeights(path('saved')))
      let probabilities = zeros([1, 51, 65, 5]) // at scale 1 the network sees 90×70 as 65×51
      const views: View[] = options.scales.flatMap(scale =>
        [false, true].map(flip => ({ size, scale, flip })),
      )
      for (const view of views) {
        const logits = await networkLogits(gpu, network, photo, view)
        const step = { logits, accumulator: probabilities, alignCorners: false, flip: view.flip === true }
        probabilities = accumulateProbabilities({ ...step, weight: 1 / views.length })
      }
      const expected = upsampleArgmax({ input: probabilities, height: 70, width: 90, alignCorners: false })
      expectClasses(mask, expected)
      expect(new Set(mask).size, 'classes that occur').to.be.above(1)
    })

    it('saves a mask that other decoders show in the palette’s colours', async () => {
      const found = await model.segment(photo, { size })
      const files = await found.save(path('out/photo'))
      expect(files).to.deep.equal({
        mask: path('out/photo.mask.png'),
        overlay: path('out/photo.overlay.png'),
      })
      expect(existsSync(files.overlay)).to.equal(true)
      expect((await readMaskPng(files.mask)).mask).to.deep.equal(found.mask)
      const shown = PNG.sync.read(await readFile(files.mask))
      expect(shown).to.include({ width: 90, height: 70 })
      found.mask.forEach((id, i) => {
        expect([...shown.data.subarray(i * 4, i * 4 + 3)]).to.deep.equal(vocPalette[id])
      })
    })

    it('explains the plan', async () => {
      const plan = await model.explain(photo, { size })
      expect(plan)
        .to.match(/^op +kernel +output/)
        .and.to.match(/upsample_argmax/)
        .and.to.match(/\d+ dispatches/)
    })

    it('refuses invalid options', async () => {
      for (const [options, complaint] of [
        [{ outputStride: 12 }, 'outputStride: expected 8, 16, 32'],
        [{ scales: [] }, 'scales: expected up to 32 factors above 0, at most 4, got []'],
        [{ size: 0 }, 'size: expected a number of pixels from 1 to 16384, got 0'],
        [{ batchSize: 0 }, 'batchSize: expected a whole number above 0'],
      ] as const) {
        const error = await rejection(model.segment([photo], options as object))
        expect(error).to.be.instanceOf(UserError)
        expect(error.message).to.include(complaint)
      }
    })
  })

  describe('memory', () => {
    let gpu: Gpu
    before(async () => {
      gpu = await openGpu()
    })
    after(() => gpu.destroy())

    it('grows with the first sixteen sizes only, and is freed completely', async () => {
      const model = await DeepLab.create(TINY, { gpu })
      const buffers: number[] = []
      for (let step = 0; step < 24; step++) {
        await model.segment(blocksPhoto(60 + step, 70 - step), { size })
        buffers.push(gpu.memory.buffers)
      }
      const settled = buffers.slice(16)
      expect(new Set(settled).size, `buffers: ${buffers}`).to.equal(1)
      expect(gpu.memory.peakBytes).to.be.below(1.5 * gpu.memory.liveBytes)
      await model.dispose()
      expect(gpu.memory).to.include({ liveBytes: 0, buffers: 0 })
      const refused = await rejection(model.segment(blocksPhoto(60, 70), { size }))
      expect(refused).to.be.instanceOf(UserError)
      expect(refused.message).to.equal('this model was disposed of: load it again')
    })
  })

  describe('Google’s checkpoint', () => {
    it('finds the bird', async function () {
      const model = await DeepLab.load(sharedFile(this, CHECKPOINT), { gpu: await testGpu() })
      const found = await model.segment(sharedFile(this, 'photos/bird.png'))
      const truth = await readMaskPng(sharedFile(this, 'photos/bird.mask.png'))
      expect(found.subject?.name).to.equal('bird')
      expect(intersectionOverUnion(found.mask, truth.mask, 3)).to.be.above(0.9)
      await model.dispose()
    })

    it('has the same logits as PyTorch', async function () {
      const model = await readModel(await findWeights(sharedFile(this, CHECKPOINT)))
      const photo: Image = await readImage(sharedFile(this, 'photos/bird.png'), { maxPixels: 1e6 })
      const { shape, data } = await networkLogits(await testGpu(), model, photo)
      const reference = readNpy(await readFile(sharedFile(this, 'reference/bird.logits.npy')))
      expect(shape).to.deep.equal([1, 33, 33, 21])
      expect(reference.shape).to.deep.equal([1, 21, 33, 33])
      const transposed = data.map((_, i) => reference.data[(i % 21) * 33 * 33 + Math.floor(i / 21)])
      expect(relativeError(data, transposed)).to.be.below(1e-3)
    })
  })
})

function intersectionOverUnion(found: Uint8Array, truth: Uint8Array, id: number): number {
  let [both, either] = [0, 0]
  found.forEach((each, i) => {
    both += Number(each === id && truth[i] === id)
    either += Number(each === id || truth[i] === id)
  })
  return both / either
}
