import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { readImage } from '../../src/node/images/image.ts'
import {
  BLACK,
  BLUE,
  colours,
  expectNear,
  GREEN,
  GREY,
  large,
  middles,
  RED,
  rgba,
  small,
  unlimited,
  WHITE,
} from './image_support.ts'
import { rejection, sharedFile, useTemporaryFolder } from './support.ts'

describe('readImage', () => {
  const path = useTemporaryFolder()

  const losslessly = {
    png: {},
    webp: { lossless: true },
    avif: { lossless: true },
    gif: {},
    tiff: { compression: 'none' },
  } as const
  for (const [format, options] of Object.entries(losslessly)) {
    it(`reads a lossless ${format} exactly`, async () => {
      const bytes = await small()
        .toFormat(format as keyof typeof losslessly, options)
        .toBuffer()
      const image = await readImage(bytes, unlimited)
      expect(image).to.include({ width: 3, height: 2, originalWidth: 3, originalHeight: 2 })
      expect(image.data.constructor).to.equal(Uint8Array)
      expect([...image.data]).to.deep.equal(rgba(colours))
    })
  }

  it('reads 16 bits, palettes, greys and CMYK as 8-bit RGBA', async () => {
    const deep = await small().toColourspace('rgb16').png().toBuffer()
    const palette = await small().png({ palette: true }).toBuffer()
    for (const bytes of [deep, palette]) {
      expect([...(await readImage(bytes, unlimited)).data]).to.deep.equal(rgba(colours))
    }

    const greys = sharp(Buffer.from([0, 100, 255]), { raw: { width: 3, height: 1, channels: 1 } })
    for (const space of ['b-w', 'grey16']) {
      const bytes = await greys.clone().toColourspace(space).png().toBuffer()
      expect([...(await readImage(bytes, unlimited)).data]).to.deep.equal(rgba([BLACK, GREY, WHITE]))
    }

    const inks = await large().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    const red = middles(await readImage(inks, unlimited)).slice(0, 4)
    expectNear(red, [...RED, 255], 40) // CMYK has no pure red
  })

  it('shows transparent parts on white', async () => {
    const clear = await small().ensureAlpha(0).png().toBuffer()
    expect([...(await readImage(clear, unlimited)).data]).to.deep.equal(rgba(colours.map(() => WHITE)))
  })

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.from([...RED, ...BLUE])
    const raw = { width: 1, height: 2, channels: 3, pageHeight: 1 } as const
    for (const format of ['gif', 'webp'] as const) {
      const bytes = await sharp(frames, { raw }).toFormat(format, { lossless: true }).toBuffer()
      expect((await sharp(bytes).metadata()).pages).to.equal(2)
      const image = await readImage(bytes, unlimited)
      expect(image).to.include({ width: 1, height: 1 })
      expectNear(image.data, rgba([RED]), 1)
    }
  })

  it('rotates a photo by its EXIF orientation', async () => {
    const turned = {
      1: [RED, GREEN, BLUE, GREY, BLACK, WHITE],
      2: [BLUE, GREEN, RED, WHITE, BLACK, GREY],
      3: [WHITE, BLACK, GREY, BLUE, GREEN, RED],
      4: [GREY, BLACK, WHITE, RED, GREEN, BLUE],
      5: [RED, GREY, GREEN, BLACK, BLUE, WHITE],
      6: [GREY, RED, BLACK, GREEN, WHITE, BLUE],
      7: [WHITE, BLUE, BLACK, GREEN, GREY, RED],
      8: [BLUE, WHITE, GREEN, BLACK, RED, GREY],
    }
    for (const [orientation, wanted] of Object.entries(turned)) {
      const jpeg = await large()
        .withMetadata({ orientation: Number(orientation) })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer()
      const image = await readImage(jpeg, unlimited)
      const [width, height] = Number(orientation) < 5 ? [48, 32] : [32, 48]
      expect(image).to.include({ width, height, originalWidth: width, originalHeight: height })
      expectNear(middles(image), rgba(wanted), 3)
    }
  })

  it('shrinks a photo to maxPixels, keeps its aspect ratio and reports its original size', async () => {
    const turned = await large().resize(400, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const image = await readImage(turned, { maxPixels: 1200 })
    expect(image).to.include({ width: 30, height: 40, originalWidth: 300, originalHeight: 400 })
    expect(image.data).to.have.length(1200 * 4)

    for (const [width, height] of [
      [1, 5000],
      [5000, 1],
      [77, 13],
    ]) {
      const bytes = await sharp({ create: { width, height, channels: 3, background: 'red' } })
        .png()
        .toBuffer()
      const strip = await readImage(bytes, { maxPixels: 6 })
      expect(strip.width * strip.height).to.be.within(1, 6)
      expectNear(strip.data, rgba(Array(strip.width * strip.height).fill(RED)), 0)
    }
  })

  it('reads a camera photo', async function () {
    const image = await readImage(sharedFile(this, 'photos/cat_720p.jpg'), { maxPixels: 480 * 270 })
    expect(image).to.include({ width: 480, height: 270, originalWidth: 1280, originalHeight: 720 })
  })

  it('checks its options and its argument', async () => {
    const bytes = await small().png().toBuffer()
    await writeFile(path('photo.png'), bytes)
    for (const photo of [bytes, path('photo.png')])
      expect(await readImage(photo)).to.include({ width: 3, height: 2 })
    const cases: [() => Promise<unknown>, string][] = [
      [
        () => readImage(undefined as never),
        'image: expected a path, or the bytes of an encoded photo as a Uint8Array, got undefined',
      ],
      [
        () => readImage('a.png', { maxpixels: 1 } as object),
        'maxpixels: unknown option; did you mean maxPixels?',
      ],
      [() => readImage('a.png', { maxPixels: 0 }), 'maxPixels: expected a number of pixels from 1 up, got 0'],
    ]
    for (const [call, expected] of cases) expect((await rejection(call())).message).to.equal(expected)
  })
})
