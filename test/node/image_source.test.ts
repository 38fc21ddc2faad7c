// Every kind of photo source that the library accepts, and every kind of invalid source.

import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import sharp from 'sharp'
import type { Image } from '../../src/data/image.ts'
import { UserError } from '../../src/errors.ts'
import { fetchBytes } from '../../src/node/downloads/fetch_bytes.ts'
import { readSource } from '../../src/node/images/image_source.ts'
import { DeepLab, type ImageSource } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { useTemporaryFolder } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

/** The header for user `me` with password `sécret`. */
const LOGIN = 'Basic bWU6c8OpY3JldA=='

const options = { maxPixels: 2 ** 24, name: 'photo' }
const read = (source: unknown) => readSource(source, options)

async function complaint(source: unknown): Promise<string> {
  const { message } = await rejects(UserError, () => read(source))
  expect(message, 'lines').to.match(/^[\x20-\x7e×…²]*$/)
  return message
}

describe('readSource', () => {
  const path = useTemporaryFolder()
  const photo = blocksPhoto(12, 9)
  const rgb = photo.data.filter((_, i) => i % 4 < 3)
  let png: Buffer
  before(async () => {
    png = await sharp(photo.data, { raw: { width: 12, height: 9, channels: 4 } })
      .removeAlpha()
      .png()
      .toBuffer()
  })
  beforeEach(() => writeFile(path('a b.png'), png))

  const expectPhoto = (found: Image) => {
    expect({ ...found, data: [...found.data] }).to.deep.equal({ ...photo, data: [...photo.data] })
  }

  const shared = (bytes: Uint8Array) => {
    const memory = new Uint8Array(new SharedArrayBuffer(bytes.length))
    memory.set(bytes)
    return memory
  }
  const kinds: Record<string, () => unknown> = {
    'a path': () => path('a b.png'),
    'a file: URL': () => pathToFileURL(path('a b.png')).href,
    'a file: URL object': () => pathToFileURL(path('a b.png')),
    'a data: URL': () => `data:image/png;base64,${png.toString('base64')}`,
    'a Buffer': () => png,
    'a Uint8Array': () => new Uint8Array(png),
    'part of a buffer': () => new Uint8Array([0, 0, ...png, 0]).subarray(2, -1),
    'a DataView': () => new DataView(new Uint8Array(png).buffer),
    'an ArrayBuffer': () => new Uint8Array(png).buffer,
    'a SharedArrayBuffer': () => shared(png).buffer,
    'a Blob': () => new Blob([new Uint8Array(png)]),
    'RGBA in a Uint8Array': () => ({ width: 12, height: 9, data: photo.data }),
    'RGBA in a Uint8ClampedArray, as in ImageData': () => ({
      ...{ width: 12, height: 9, data: new Uint8ClampedArray(photo.data) },
    }),
    'RGBA in a Buffer': () => ({ width: 12, height: 9, data: Buffer.from(photo.data) }),
    'RGBA in shared memory': () => ({ width: 12, height: 9, data: shared(photo.data) }),
    RGB: () => ({ width: 12, height: 9, data: rgb }),
  }
  for (const [kind, make] of Object.entries(kinds))
    it(`reads ${kind}`, async () => expectPhoto(await read(make())))

  it('takes the size of the mask with decoded pixels', async () => {
    const found = await read({ width: 12, height: 9, data: rgb, originalWidth: 24, originalHeight: 18 })
    expect(found).to.include({ width: 12, height: 9, originalWidth: 24, originalHeight: 18 })
  })

  it('shows transparent pixels on white, as in a file', async () => {
    const data = new Uint8Array([0, 0, 0, 0, 10, 20, 30, 255, 0, 0, 0, 127])
    const pixels = await read({ width: 3, height: 1, data })
    const file = await read(
      await sharp(data, { raw: { width: 3, height: 1, channels: 4 } })
        .png()
        .toBuffer(),
    )
    expect([...pixels.data]).to.deep.equal([...file.data])
    expect([...pixels.data.subarray(0, 8)]).to.deep.equal([255, 255, 255, 255, 10, 20, 30, 255])
    expect([...data.subarray(0, 4)], 'the caller’s').to.deep.equal([0, 0, 0, 0])
  })

  it('shrinks pixels that the GPU cannot bind, like a file', async () => {
    const found = await readSource({ width: 12, height: 9, data: rgb }, { ...options, maxPixels: 50 })
    expect(found.width * found.height).to.be.at.most(50)
    expect(found.data).to.have.length(found.width * found.height * 4)
    expect(found).to.include({ originalWidth: 12, originalHeight: 9 })
  })

  it('refuses pixels whose size and data do not match', async () => {
    const data = new Uint8Array(48)
    const cases: [unknown, string][] = [
      [{ width: 4, height: 3, data: [] }, 'photo.data: expected a Uint8Array or a Uint8ClampedArray, got []'],
      [
        { width: 4, height: 3, data: new Uint8Array() },
        'photo.data: expected 48 bytes (RGBA) or 36 (RGB) for 4×3 pixels, got 0',
      ],
      [
        { width: 4, height: 3, data: new Uint8Array(12) },
        'photo.data: expected 48 bytes (RGBA) or 36 (RGB) for 4×3 pixels, got 12',
      ],
      [
        { width: 4, height: 3, data: new Float32Array(48) },
        'photo.data: expected a Uint8Array or a Uint8ClampedArray, got a value of type Float32Array',
      ],
      [{ data }, 'photo.width: expected a whole number above 0, got undefined'],
      [{ width: 4, data }, 'photo.height: expected a whole number above 0, got undefined'],
      [{ width: 4, height: 3 }, 'photo.data: expected a Uint8Array or a Uint8ClampedArray, got undefined'],
      [{ width: 0, height: 3, data }, 'photo.width: expected a whole number above 0, got 0'],
      [{ width: 4, height: -3, data }, 'photo.height: expected a whole number above 0, got -3'],
      [{ width: 2.5, height: 3, data }, 'photo.width: expected a whole number above 0, got 2.5'],
      [{ width: '4', height: 3, data }, 'photo.width: expected a whole number above 0, got "4"'],
      [{ width: Number.NaN, height: 3, data }, 'photo.width: expected a whole number above 0, got NaN'],
      [
        { width: 1e6, height: 1e6, data },
        'photo: 1000000×1000000 pixels is over the limit of 268 megapixels',
      ],
      [
        { width: 4, height: 3, data, originalWidth: 8 },
        'photo.originalHeight: expected a whole number above 0, got undefined',
      ],
      [
        { width: 4, height: 3, data, originalWidth: 1e6, originalHeight: 1e6 },
        'photo: 1000000×1000000 pixels is over the limit of 268 megapixels',
      ],
    ]
    for (const [source, expected] of cases) expect(await complaint(source)).to.equal(expected)
  })

  it('refuses any other source in one line', async () => {
    const kinds =
      'photo: expected a path, a URL, a Blob, the bytes of an encoded photo or { width, height, data }, got '
    const cases: [unknown, string][] = [
      [undefined, `${kinds}undefined`],
      [null, `${kinds}null`],
      [7, `${kinds}7`],
      [true, `${kinds}true`],
      [9n, `${kinds}9`],
      [Symbol('x'), `${kinds}Symbol(x)`],
      [() => png, `${kinds}a function`],
      ['', `${kinds}an empty string`],
      [{}, `${kinds}an object`],
      [Object.create(null), `${kinds}an object`],
      [[png], `${kinds}[a value of type Buffer]`],
      [new Map(), `${kinds}a value of type Map`],
      [Promise.resolve(png), `${kinds}a value of type Promise: await it first`],
      [Readable.from([png]), `${kinds}a value of type Readable: read the stream into a Buffer first`],
      [
        new Blob([new Uint8Array(png)]).stream(),
        `${kinds}a value of type ReadableStream: read the stream into a Buffer first`,
      ],
      [
        new Float32Array(12),
        `${kinds}a value of type Float32Array: encoded photos are a Uint8Array, decoded ones { width, height, data }`,
      ],
      [
        new Uint8ClampedArray(12),
        `${kinds}a value of type Uint8ClampedArray: encoded photos are a Uint8Array, decoded ones { width, height, data }`,
      ],
      ['ftp://host/a.png', 'ftp://host/a.png: expected a file:, data:, http: or https: URL, or a path'],
      [
        'ftp://me:secret@host/a.png',
        'ftp://host/a.png: expected a file:, data:, http: or https: URL, or a path',
      ],
      ['http://', 'http://: this is not a URL'],
      [new Uint8Array(), 'photo: the file is empty'],
      [new ArrayBuffer(0), 'photo: the file is empty'],
      [new Blob([]), 'photo: the file is empty'],
      ['data:image/png;base64,', 'data:image/png;base64,: the file is empty'],
    ]
    for (const [source, expected] of cases) expect(await complaint(source)).to.equal(expected)
    expect(await complaint(path('none.png'))).to.match(/none\.png: no such file or folder$/)
    expect(await complaint(pathToFileURL(path('none.png')))).to.match(/none\.png: no such file or folder$/)
    expect(await complaint('file://elsewhere/a.png')).to.match(
      /^file:\/\/elsewhere\/a\.png: not a file of this machine/,
    )
    expect(await complaint(new Blob(['text']))).to.match(/^photo: not a JPEG/)
    const broken = { arrayBuffer: () => Promise.reject(new Error('gone')) }
    expect(await complaint(broken)).to.equal('photo: cannot be read (gone)')
  })

  describe('from a URL', () => {
    let server: Server
    let base: string
    before(async () => {
      server = createServer((request, response) => {
        if (request.url === '/a.png') response.end(png)
        else if (request.url === '/mine.png' && request.headers.authorization === LOGIN) response.end(png)
        else if (request.url === '/zipped.png')
          response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(png))
        else if (request.url === '/long')
          response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e6)))
        else if (request.url !== '/never') response.writeHead(404).end('not here')
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      base = `127.0.0.1:${(server.address() as AddressInfo).port}`
    })
    after(() => {
      server.closeAllConnections()
      server.close()
    })

    it('downloads a photo', async () => {
      expectPhoto(await read(`http://${base}/a.png`))
      expectPhoto(await read(new URL(`HTTP://${base}/zipped.png`)))
      expectPhoto(await read(`http://me:s%C3%A9cret@${base}/mine.png`))
    })

    it('refuses in one line, without the password, a photo that is absent, too large or too late', async () => {
      expect(await complaint(`http://me:secret@${base}/none.png`)).to.match(
        /^http:\/\/127[^@]*none\.png: .*\(HTTP 404\)$/,
      )
      const long = new URL(`http://${base}/long`)
      const { message } = await rejects(UserError, () => fetchBytes(long, { maxBytes: 1e6 - 1, seconds: 20 }))
      expect(message).to.equal(`${long}: more than the limit of 999999 bytes`)
      const never = new URL(`http://${base}/never`)
      const late = await rejects(UserError, () => fetchBytes(never, { maxBytes: 1, seconds: 0.05 }))
      expect(late.message).to.equal(`${never}: not received within 0.05 s`)
      expect(await complaint(`http://%zz@${base}/none.png`)).to.match(/^http:.*none\.png: [^%]*$/)
      expect(await complaint('http://127.0.0.1:1/a.png')).to.match(/^http:\/\/127\.0\.0\.1:1\/a\.png: /)
    })

    it('stops waiting when the signal is aborted', async () => {
      const end = new AbortController()
      const reading = readSource(`http://${base}/never`, { ...options, signal: end.signal })
      setTimeout(() => end.abort(new Error('enough')), 20)
      const error = await rejects(Error, () => reading)
      expect(error.message).to.equal('enough')
    })
  })

  it('leads to the same mask from every source', async () => {
    const model = await DeepLab.create(TINY, { gpu: await testGpu(), seed: 3 })
    const large = blocksPhoto(90, 70)
    const { mask } = await model.segment(large, { size: 65 })
    const encoded = await sharp(large.data, { raw: { width: 90, height: 70, channels: 4 } })
      .png()
      .toBuffer()
    const { width, height, data } = large
    const sources: ImageSource[] = [
      encoded,
      new Blob([new Uint8Array(encoded)]),
      { width, height, data },
      { width, height, data: data.filter((_, i) => i % 4 < 3) },
    ]
    for (const found of await model.segment(sources, { size: 65 })) expect(found.mask).to.deep.equal(mask)
    await model.dispose()
  })
})
