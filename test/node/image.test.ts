import { writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { UserError } from '../../src/errors.ts'
import { readImage } from '../../src/node/image.ts'
import { rejection, sharedFile, useTemporaryFolder } from './support.ts'

const RED = [255, 0, 0]
const GREEN = [0, 255, 0]
const BLUE = [0, 0, 255]
const GREY = [100, 100, 100]
const BLACK = [0, 0, 0]
const WHITE = [255, 255, 255]

/** 3 wide, 2 high, every pixel another colour. */
const colours = [RED, GREEN, BLUE, GREY, BLACK, WHITE]
const small = () => sharp(Buffer.from(colours.flat()), { raw: { width: 3, height: 2, channels: 3 } })

/** The same in squares of 16 pixels, which a lossy format keeps in their middles. */
const large = () => small().resize(48, 32, { kernel: 'nearest' })

const unlimited = { maxPixels: Infinity }
const rgba = (pixels: number[][]) => pixels.flatMap(pixel => [...pixel, 255])

/** The colours in the middles of 16×16 squares, as `rgba` lays them out. */
function middles({ data, width, height }: { data: Uint8Array; width: number; height: number }): number[] {
  const found: number[] = []
  for (let y = 8; y < height; y += 16) {
    for (let x = 8; x < width; x += 16) found.push(...data.subarray((y * width + x) * 4).subarray(0, 4))
  }
  return found
}

function expectNear(found: ArrayLike<number>, wanted: number[], tolerance: number) {
  expect(found).to.have.length(wanted.length)
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - found[i])))
  expect(worst).to.be.at.most(tolerance)
}

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

  it('reads 16 bits, palettes, greys and CMYK as RGBA of 8 bits', async () => {
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
    expectNear(red, [...RED, 255], 40) // ink has no pure red
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

  it('turns a photo as its EXIF orientation says', async () => {
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

  it('shrinks a photo to maxPixels and keeps its shape and its own size', async () => {
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

  it('says in one line what is wrong with a file', async () => {
    await writeFile(path('empty.png'), '')
    await writeFile(path('notes.jpg'), 'dear diary')
    const complaints = {
      'missing.jpg': 'no such file or folder',
      '.': 'is a folder, not a file',
      'empty.png': 'the file is empty',
      'notes.jpg': 'not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one',
    }
    for (const [name, complaint] of Object.entries(complaints)) {
      const error = await rejection(readImage(path(name), unlimited))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(`${path(name)}: ${complaint}`)
    }
  })

  for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const) {
    it(`refuses ${format} data cut short anywhere`, async () => {
      const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
      const create = { width: 64, height: 48, channels: 3, background: 'grey', noise } as const
      const png = await sharp({ create }).png().toBuffer()
      const whole = await sharp(png).toFormat(format).toBuffer()
      for (const share of [0.1, 0.5, 0.9]) {
        const error = await rejection(readImage(whole.subarray(0, whole.length * share), unlimited))
        expect(error).to.be.instanceOf(UserError)
        expect(error.message)
          .to.match(/^image: .*damaged/)
          .and.not.include('\n')
      }
    })
  }

  it('refuses an enormous image by its header', async () => {
    const jpeg = await large().jpeg().toBuffer()
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0])) // then: length (2), bits (1), height (2), width (2)
    jpeg.writeUInt16BE(20_000, frame + 5)
    jpeg.writeUInt16BE(20_000, frame + 7)
    const error = await rejection(readImage(jpeg, { maxPixels: 1000 }))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.equal('image: 20000×20000 pixels is over the limit of 268 megapixels')
  })

  it('reads a camera photo', async function () {
    const image = await readImage(sharedFile(this, 'photos/cat_720p.jpg'), { maxPixels: 480 * 270 })
    expect(image).to.include({ width: 480, height: 270, originalWidth: 1280, originalHeight: 720 })
  })
})
