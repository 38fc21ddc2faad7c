// Cut-outs of frames, which stay on the GPU: beside those of photos.

import { expect } from 'chai'
import sharp from 'sharp'
import { bytesOf, useBrowser } from './browser.ts'

const SAMPLE = new URL('../../web/sample.png', import.meta.url)

describe('a cut-out of a frame', () => {
  const browser = useBrowser(path => (path === '/sample.png' ? SAMPLE : undefined))

  it('is that of a photo, nearly: on a colour, on a blur, on a picture, and of the next frame', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const { DeepLab, FrameCutout } = window.atrous
      const model = await DeepLab.load('scenes')
      const { gpu } = model
      const blob = await (await fetch('/sample.png')).blob()
      const photo = await createImageBitmap(blob, { resizeWidth: 320, resizeHeight: 240 })
      const frame = await model.segmentOnGpu(photo, { at: 'network' })
      const classes = ['sphere', 'ring']
      const ids = classes.map(name => model.classNames.indexOf(name))
      const pixelsOf = async (background?: 'blur' | [number, number, number] | { picture: Blob }) => {
        const cutout = await FrameCutout.create(gpu, frame, { ids, background })
        await cutout.apply(frame)
        const { data } = await cutout.apply(frame)
        const pixels = await gpu.download(data, data.size)
        const fits = [
          cutout.fits(gpu, frame),
          cutout.fits(gpu, { ...frame, photo: { ...frame.photo, width: 3 } }),
        ]
        cutout.destroy()
        return { pixels: await window.base64(pixels as BufferSource), fits }
      }
      const before = gpu.memory.liveBytes
      const red = new OffscreenCanvas(8, 8)
      const context = red.getContext('2d')!
      context.fillStyle = 'rgb(255, 0, 0)'
      context.fillRect(0, 0, 8, 8)
      const frames = {
        green: await pixelsOf([0, 255, 0]),
        blur: await pixelsOf('blur'),
        red: await pixelsOf({ picture: await red.convertToBlob() }),
        chequered: await pixelsOf(),
      }
      const left = gpu.memory.liveBytes - before
      const result = await model.segment(photo, { at: 'network', output: 'probabilities' })
      const green = await window.base64(await result.cutout({ classes, background: [0, 255, 0] }))
      frame.release()
      await model.dispose()
      return { frames, green, left }
    })
    expect(found.left).to.equal(0)
    expect(found.frames.green.fits).to.deep.equal([true, false])
    const photo = await sharp(bytesOf(found.green)).ensureAlpha().raw().toBuffer()
    const pixels = (name: keyof typeof found.frames) => bytesOf(found.frames[name].pixels)
    const [green, blur, red, chequered] = (['green', 'blur', 'red', 'chequered'] as const).map(pixels)
    expect(green).to.have.length(photo.length)
    const isGreen = (data: Buffer, i: number) => data[i] === 0 && data[i + 1] === 255 && data[i + 2] === 0
    const starts = Array.from({ length: photo.length / 4 }, (_, i) => i * 4)
    // The edges differ: a photo's come of probabilities.
    const differing = starts.filter(i => isGreen(photo, i) !== isGreen(green, i)).length / starts.length
    expect(differing).to.be.below(0.03)
    const mean = green.reduce((sum, value, i) => sum + Math.abs(value - photo[i]), 0) / green.length
    expect(mean).to.be.below(4)
    const outside = starts.filter(i => isGreen(green, i))
    expect(outside.length / starts.length).to.be.within(0.5, 0.95)
    // A pixel of which next to nothing is kept may differ by its rounding.
    expect(outside.every(i => red[i] >= 253 && red[i + 1] <= 2)).to.equal(true)
    const isGrey = (value: number) => Math.min(Math.abs(value - 0xc4), Math.abs(value - 0xf4)) <= 2
    expect(outside.every(i => isGrey(chequered[i]))).to.equal(true)
    // A blur is smooth.
    const step = (data: Buffer) =>
      outside.reduce((sum, i) => sum + Math.abs(data[i] - data[Math.max(0, i - 4)]), 0) / outside.length
    expect(step(blur)).to.be.below(2)
  })
})
