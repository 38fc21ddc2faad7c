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
import { processorMilliseconds } from '../support/processor_time.ts'
import { skip } from '../support/skip.ts'
import { large, small, unlimited } from './image_support.ts'
import { rejection, useTemporaryFolder } from './support.ts'

describe('readImage', () => {
  const path = useTemporaryFolder()

  it('reports a bad file in one line', async () => {
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
    it(`refuses ${format} data cut short at any point`, async () => {
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

  it('decides by content, and accepts only these formats', async () => {
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
      await writeFile(path('photo.jpg'), text, 'latin1')
      let error = new Error()
      const milliseconds = await processorMilliseconds(async () => {
        error = await rejection(readImage(path('photo.jpg'), unlimited))
      })
      expect(error, name).to.be.instanceOf(UserError)
      expect(error.message, name).to.equal(
        `${path('photo.jpg')}: not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one`,
      )
      expect(milliseconds, name).to.be.below(1000)
    }
    await writeFile(path('photo.svg'), await small().png().toBuffer())
    expect(await readImage(path('photo.svg'), unlimited)).to.include({ width: 3, height: 2 })
  })

  it('explains that HEVC, the compression of HEIC, is not supported', async () => {
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

  it('refuses by the header photos that would take a gigabyte to decode, whatever the file’s size', async () => {
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

  it('refuses absurd sizes before the decoder, which would print messages or need much memory', async () => {
    const avif = await small().avif().toBuffer()
    avif.writeUInt32BE(0x7fffffff, avif.indexOf('ispe') + 8)
    const script = `import { readImage } from './src/node/images/image.ts'
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

  it('accepts larger photos in formats that are decoded a few rows at a time', () => {
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

  it('refuses a JPEG with hundreds of scans', async () => {
    const jpeg = await large().jpeg({ progressive: true }).toBuffer()
    const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), jpeg.length - 2)
    const many = Buffer.concat([jpeg.subarray(0, -2), ...Array(200).fill(scan), jpeg.subarray(-2)])
    const error = await rejection(readImage(many, unlimited))
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).to.match(
      /^image: a JPEG of 2\d\d scans, over the limit of 100: it would take too long$/,
    )
  })

  it('refuses to open a pipe, device or socket, which could take for ever to read', async function () {
    if (process.platform === 'win32') skip(this, 'not on Windows')
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

  it('refuses files over 2 GiB without reading them, and names that the system refuses, on one clean line', async () => {
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
})
