import { execFile, execFileSync } from 'node:child_process'
import { open, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { expect } from 'chai'
import sharp from 'sharp'
import { UserError } from '../../src/errors.ts'
import { readImage } from '../../src/node/images/image.ts'
import { checkPhotoSize } from '../../src/node/images/photo_format.ts'
import { PNG_SIGNATURE, pngChunk, pngHeader } from '../support/png_chunk.ts'
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

  it('decides by content, and knows no other formats than these', async () => {
    const blur = '<filter id="f"><feGaussianBlur stdDeviation="500"/></filter>'
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9000" height="9000">${blur}<g filter="url(#f)"/></svg>`
    const others = {
      svg,
      'svg with a declaration': `<?xml version="1.0"?>${svg}`,
      pdf: '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj',
      ppm: 'P6\n1 1\n255\nabc',
      bmp: 'BM\x46\0\0\0',
      'jpeg xl': '\xff\x0a\x00\x00',
      'jpeg 2000': '\0\0\0\x0cjP  \r\n\x87\n',
      film: '\0\0\0\x14ftypisom\0\0\x02\0mp41',
      vips: '\xb6\xa6\xf2\x08\0\0\0\0',
    }
    for (const [name, text] of Object.entries(others)) {
      const start = performance.now()
      await writeFile(path('photo.jpg'), text, 'latin1')
      const error = await rejection(readImage(path('photo.jpg'), unlimited))
      expect(error, name).to.be.instanceOf(UserError)
      expect(error.message, name).to.equal(
        `${path('photo.jpg')}: not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one`,
      )
      expect(performance.now() - start, name).to.be.below(1000)
    }
    await writeFile(path('photo.svg'), await small().png().toBuffer())
    expect(await readImage(path('photo.svg'), unlimited)).to.include({ width: 3, height: 2 })
  })

  it('says that HEVC, the compression of HEIC, is not supported', async () => {
    const avif = await small().avif().toBuffer()
    for (const brands of [
      'heic\0\0\0\0mif1heicmiaf',
      'mif1\0\0\0\0mif1heicmiaf',
      'msf1\0\0\0\0mif1hevcmiaf',
    ]) {
      const heic = Buffer.from(avif)
      heic.write(brands, 8, 'latin1')
      const error = await rejection(readImage(heic, unlimited))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(
        'image: a HEIC photo, whose compression, HEVC, is not supported; convert it to JPEG',
      )
    }
  })

  it('refuses by the header what would take a gigabyte to decode, whatever the file’s size', async () => {
    const jpeg = await large().jpeg({ progressive: true }).toBuffer()
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc2]))
    jpeg.writeUInt32BE(0x2100_2100, frame + 5)
    const avif = await small().avif().toBuffer()
    avif.writeUInt32BE(0x2000, avif.indexOf('ispe') + 8)
    avif.writeUInt32BE(0x2000, avif.indexOf('ispe') + 12)
    const complaints = new Map([
      [jpeg, '8448×8448 pixels is over the limit of 67 megapixels for a progressive JPEG'],
      [avif, '8192×8192 pixels is over the limit of 33 megapixels for AVIF'],
    ])
    for (const [bytes, complaint] of complaints) {
      const error = await rejection(readImage(bytes, { maxPixels: 1000 }))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(`image: ${complaint}`)
    }
  })

  it('leaves no absurd size to a decoder that would complain on the terminal or need much memory', async () => {
    const avif = await small().avif().toBuffer()
    avif.writeUInt32BE(0x7fffffff, avif.indexOf('ispe') + 8)
    const script = `import { readImage } from './src/node/image.ts'
      const avif = Buffer.from('${avif.toString('base64')}', 'base64')
      readImage(avif, { maxPixels: 100 }).catch(error => console.log(error.message))`
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
    expect(stdout).to.equal('image: 2147483647×2 pixels is over the limit of 33 megapixels for AVIF\n')
    expect(stderr).to.equal('')

    const png = Buffer.concat([
      PNG_SIGNATURE,
      pngHeader(14_000_000, 3, { colour: 2 }),
      pngChunk('IDAT', new Uint8Array(9)),
    ])
    const error = await rejection(readImage(png, { maxPixels: 2 ** 25 }))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.equal('image: 14000000×3 pixels: a side is over the limit of 65535')
  })

  it('takes larger photos of formats that are decoded a few rows at a time', () => {
    const largest = { webp: 8192, gif: 8192, heif: 5792, jpeg: 16_384, png: 16_384, tiff: 16_384 } as const
    for (const [name, side] of Object.entries(largest)) {
      const format = name as keyof typeof largest
      const check = (width: number, isProgressive: boolean) =>
        checkPhotoSize(new Uint8Array(0), { format, width, height: side, isProgressive })
      check(side, false)
      expect(() => check(side + 10, false), name).to.throw(UserError, 'is over the limit of')
      if (side > 8192) expect(() => check(side, true), name).to.throw(UserError, 'for a progressive')
    }
  })

  it('refuses a JPEG that passes over its pixels hundreds of times', async () => {
    const jpeg = await large().jpeg({ progressive: true }).toBuffer()
    const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), jpeg.length - 2)
    const many = Buffer.concat([jpeg.subarray(0, -2), ...Array(200).fill(scan), jpeg.subarray(-2)])
    const error = await rejection(readImage(many, unlimited))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.match(
      /^image: a JPEG of 2\d\d scans, over the limit of 100: it would take too long$/,
    )
  })

  it('opens no pipe, device or socket, which could take for ever to read', async function () {
    if (process.platform === 'win32') this.skip()
    execFileSync('mkfifo', [path('pipe.jpg')])
    await symlink('/dev/zero', path('device.jpg'))
    const server = createServer().listen(path('socket.jpg'))
    try {
      for (const kind of ['pipe', 'device', 'socket']) {
        const error = await rejection(readImage(path(`${kind}.jpg`), unlimited))
        expect(error).to.be.instanceOf(UserError)
        expect(error.message).to.equal(
          `${path(`${kind}.jpg`)}: is a ${kind}, not a file; the command reads a photo from its standard input as -`,
        )
      }
    } finally {
      server.close()
    }
  })

  it('refuses files over 2 GiB unread, names that the system refuses, and control characters', async () => {
    const handle = await open(path('huge.jpg'), 'w')
    await handle.truncate(2 ** 31)
    await handle.close()
    const complaints = {
      'huge.jpg': `${path('huge.jpg')}: the file has 2147483648 bytes, over the limit of 2147483647`,
      'a\0b.jpg': `${path('a?b.jpg')}: a path cannot hold a NUL character`,
      '\u001b[31mred\n.jpg': `${path('?[31mred?.jpg')}: no such file or folder`,
      [`${'x'.repeat(252)}.jpg`]: `${path(`${'x'.repeat(252)}.jpg`)}: the name is longer than the system allows`,
    }
    for (const [name, complaint] of Object.entries(complaints)) {
      const error = await rejection(readImage(path(name), unlimited))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(complaint)
    }
  })

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

  it('takes options by name, and refuses what is no photo', async () => {
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
