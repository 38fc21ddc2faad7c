// Results in a page: scores, colours and PNGs are Node's; and what else a model does there.

import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import sharp from 'sharp'
import { encodeMaskPng } from '../../src/library/mask_png.ts'
import { tintPhoto } from '../../src/library/overlay.ts'
import { DeepLab } from '../../src/node/index.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { bytesOf, until, useBrowser } from './browser.ts'

/** The pixels of a picture, each colour times its alpha. */
async function premultiplied(picture: Uint8Array): Promise<number[]> {
  const data = await sharp(picture).ensureAlpha().raw().toBuffer()
  return Array.from(data, (value, at) => (at % 4 === 3 ? value : (value * data[at - (at % 4) + 3]) / 255))
}

/** Small enough to be quick, and large enough for some classes. */
const SIZE = 129

describe('a model in a page', () => {
  const browser = useBrowser()

  it('gives the colours and PNGs that Node makes of the same mask', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async size => {
      const model = await window.atrous.DeepLab.load('scenes')
      const result = await model.segment('/docs/scene.png', { size, output: 'probabilities' })
      const { width, height, mask, classes, probabilities, logits, subject } = result
      const palette = Array.from({ length: 6 }, (_, id) => [id * 40, 7, 9] as const)
      const { base64 } = window
      const coloured = result.toImageData({ palette, opacity: 1 })
      const overlay = await result.overlay({ opacity: 0.3 })
      const maskPng = await result.maskPng({ palette })
      const first = mask.findIndex(id => id > 0)
      const confidence = result.confidence()
      const image = await window.atrous.readImage('/docs/scene.png')
      await model.dispose()
      return {
        ...{
          width,
          height,
          mask: await base64(mask as BufferSource),
          classes,
          subject,
          hasLogits: logits !== undefined,
        },
        sums: [0, first].map(pixel =>
          probabilities.data.subarray(pixel * 6, pixel * 6 + 6).reduce((sum, value) => sum + value, 0),
        ),
        confident: [confidence[first], probabilities.data[first * 6 + mask[first]]],
        background: [...coloured.data.subarray(0, 4)],
        colour: [...coloured.data.subarray(first * 4, first * 4 + 4)],
        faint: result.toImageData().data[first * 4 + 3],
        types: [overlay.type, maskPng.type],
        overlay: await base64(overlay),
        maskPng: await base64(maskPng),
        image: await base64(image.data as BufferSource),
        first,
      }
    }, SIZE)
    const { width, height, first } = found
    const mask = bytesOf(found.mask)
    expect(mask).to.have.length(width * height)
    expect(found.hasLogits).to.equal(false)
    for (const sum of found.sums) expect(sum).to.be.closeTo(1, 1e-5)
    expect(found.confident[0]).to.equal(found.confident[1])
    expect(found.subject).to.deep.equal(found.classes.find(({ name }) => name !== 'background'))
    expect(mask[0]).to.equal(0)
    expect(found.background).to.deep.equal([0, 0, 0, 0])
    expect(found.colour).to.deep.equal([mask[first] * 40, 7, 9, 255])
    expect(found.faint).to.equal(140)
    expect(found.types).to.deep.equal(['image/png', 'image/png'])

    const palette = Array.from({ length: 6 }, (_, id) => [id * 40, 7, 9] as const)
    expect(Buffer.compare(bytesOf(found.maskPng), encodeMaskPng({ mask, width, height }, palette))).to.equal(
      0,
    )
    const photo = {
      ...{ width, height, originalWidth: width, originalHeight: height },
      data: bytesOf(found.image),
    }
    const tinted = tintPhoto(photo, { mask, width, height, classes: found.classes }, { opacity: 0.3 })
    const overlay = await sharp(bytesOf(found.overlay)).removeAlpha().raw().toBuffer()
    expect(Buffer.compare(overlay, Buffer.from(tinted))).to.equal(0)
  })

  it('cuts out as Node does', async () => {
    const options = { size: SIZE, output: 'probabilities', at: 'network' } as const
    const cutouts = [
      { classes: ['sphere', 'ring'] },
      { classes: ['sphere'], background: [10, 200, 30] },
      { background: 'blur' },
    ] as const
    const page = await browser.open()
    const found = await page.evaluate(
      async ({ options, cutouts }) => {
        const model = await window.atrous.DeepLab.load('scenes')
        const result = await model.segment('/docs/scene.png', options)
        const pngs: string[] = []
        for (const cutout of cutouts) pngs.push(await window.base64(await result.cutout(cutout)))
        const before = await result.cutout({ background: { picture: '/docs/scene.png' }, format: 'webp' })
        await model.dispose()
        return { pngs, before: await window.base64(before), type: before.type }
      },
      { options, cutouts },
    )
    expect(found.type).to.equal('image/webp')
    const model = await DeepLab.load('scenes', { gpu: await testGpu() })
    const scene = new URL('../../docs/scene.png', import.meta.url)
    const result = await model.segment(scene, options)
    for (const [i, cutout] of cutouts.entries()) {
      const node = await premultiplied(await result.cutout(cutout))
      const web = await premultiplied(bytesOf(found.pngs[i]))
      expect(web).to.have.length(node.length)
      const distances = web.map((value, at) => Math.abs(value - node[at]))
      expect(distances.reduce((sum, distance) => sum + distance) / distances.length).to.be.below(0.2)
      // Adapters round differently, and a canvas once more.
      expect(distances.filter(distance => distance > 3).length / distances.length).to.be.below(0.001)
    }
    await model.dispose()
    // Before itself, the photo is the photo; WebP changes it a little.
    const before = await premultiplied(bytesOf(found.before))
    const photo = await premultiplied(await sharp(fileURLToPath(scene)).png().toBuffer())
    const mean = before.reduce((sum, value, at) => sum + Math.abs(value - photo[at]), 0) / before.length
    expect(mean).to.be.below(6)
  })

  it('refuses invalid options of results in one line', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const result = await model.segment('/docs/scene.png', { size: 65 })
      const refusals: string[] = []
      const calls: (() => unknown)[] = [
        () => result.toImageData({ opacity: 2 }),
        () => result.toImageData({ palette: [] }),
        () => result.overlay({ legend: true } as object),
        () => result.maskPng({ colours: [] } as object),
        () => result.confidence(),
      ]
      for (const call of calls)
        try {
          await call()
        } catch (error) {
          refusals.push(error instanceof window.atrous.UserError ? error.message : String(error))
        }
      await model.dispose()
      return refusals
    })
    expect(found).to.deep.equal([
      'opacity: expected a number from 0 to 1, got 2',
      'palette: expected a colour for each of 6 classes, at most 256, got 0',
      'legend: unknown option; expected palette, opacity, outlines',
      'colours: unknown option; expected palette',
      "confidence: segment with { output: 'probabilities' } first",
    ])
  })

  it('gives the files of a changed model, which Node and the page load', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const { DeepLab } = window.atrous
      const model = await DeepLab.load('scenes')
      const names = ['nothing', 'crate', 'ball', 'tin', 'hat', 'tyre']
      await model.renameClasses(names)
      const { mask } = await model.segment('/docs/scene.png', { size: 129 })
      const contents = model.modelFiles()
      const files = [...contents].map(([name, content]) => new File([content as BlobPart], name))
      const again = await DeepLab.load(files)
      const { mask: maskAgain } = await again.segment('/docs/scene.png', { size: 129 })
      const isNew = await again.setClasses(['a', 'b'], { seed: 1 })
      const { classNames } = again
      await model.dispose()
      await again.dispose()
      return {
        ...{ same: mask.every((id, i) => id === maskAgain[i]), isNew, classNames },
        mask: await window.base64(mask as BufferSource),
        files: await Promise.all(
          files.map(async file => ({
            name: file.name,
            content: await window.base64(file),
          })),
        ),
      }
    })
    expect(found).to.deep.include({ same: true, isNew: true, classNames: ['a', 'b'] })
    const files = found.files.map(({ name, content }) => new File([Uint8Array.from(bytesOf(content))], name))
    expect(files.map(({ name }) => name)).to.deep.equal(['model.safetensors', 'config.json'])
    const model = await DeepLab.load(files, { gpu: await testGpu() })
    expect(model.classNames[2]).to.equal('ball')
    const scene = new URL('../../docs/scene.png', import.meta.url)
    const { mask } = await model.segment(scene, { size: 129 })
    await model.dispose()
    const inPage = bytesOf(found.mask)
    const differing = inPage.filter((id, i) => id !== mask[i]).length
    expect(differing / mask.length).to.be.below(0.001) // Other adapters round differently at borders of classes.
  })

  it('explains, tunes, and keeps what it measured for the next page (slow)', async () => {
    const page = await browser.open()
    const tune = () =>
      page.evaluate(async network => {
        const model = await window.atrous.DeepLab.create(network)
        const text = await model.explain('/docs/scene.png', { size: 33 })
        const measured = await model.tune('/docs/scene.png', { size: 33, seconds: 60, onlyNew: true })
        await model.dispose()
        return { text, measured: measured.map(({ convolution }) => convolution) }
      }, TINY)
    const first = await tune()
    expect(first.text).to.include('backbone.conv1')
    expect(first.measured.length).to.be.above(0)
    await page.reload()
    await until(page, () => window.atrous !== undefined)
    const second = await tune()
    expect(second.measured.filter(key => first.measured.includes(key))).to.deep.equal([])
  })

  it('tunes where IndexedDB is refused (slow)', async () => {
    const page = await browser.open()
    const measured = await page.evaluate(async network => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('', 'SecurityError')
      }
      const model = await window.atrous.DeepLab.create(network)
      const found = await model.tune('/docs/scene.png', { size: 33, seconds: 60 })
      await model.dispose()
      return found.length
    }, TINY)
    expect(measured).to.be.above(0)
  })

  it('warms up: with progress, and so that a photo compiles nothing', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const photo = await createImageBitmap(await (await fetch('/docs/scene.png')).blob())
      const { width, height } = photo
      let compiled = 0
      const compile = GPUDevice.prototype.createComputePipelineAsync
      GPUDevice.prototype.createComputePipelineAsync = function (descriptor) {
        compiled++
        return compile.call(this, descriptor)
      }
      const end = new AbortController()
      const reason = new Error('enough')
      const aborted = await model
        .warmUp({ width, height }, { size: 65, signal: end.signal, onProgress: () => end.abort(reason) })
        .then(
          () => false,
          error => error === reason,
        )
      const atAbort = compiled
      const steps: { done: number; total: number }[] = []
      await model.warmUp([{ width, height }], { size: 65, onProgress: step => steps.push(step) })
      const atEnd = compiled
      await model.segment(photo, { size: 65 })
      const later = compiled
      await model.dispose()
      return { aborted, atAbort, steps, atEnd, later }
    })
    const { steps, atAbort, atEnd, later } = found
    expect(found.aborted).to.equal(true)
    expect(atAbort).to.be.within(1, 8)
    expect(steps.length).to.be.above(3)
    expect(steps.map(({ done }) => done)).to.deep.equal(steps.map((_, i) => i + 1))
    for (const { total } of steps) expect(total).to.equal(steps.length)
    expect(later).to.equal(atEnd)
  })
})
