import { readdir, readFile, writeFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import { expect } from 'chai'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { vocPalette } from '../../src/data/palette.ts'
import { UserError } from '../../src/errors.ts'
import { readMaskPng, writeMaskPng } from '../../src/node/images/mask_png.ts'
import { randomSource } from '../reference/random.ts'
import { PNG_SIGNATURE, pngChunk, pngHeader } from '../support/png_chunk.ts'
import { rejection, sharedFile, useTemporaryFolder } from './support.ts'

const mask = (width: number, height: number, values: Iterable<number>) => {
  return { mask: Uint8Array.from(values), width, height }
}
const everyId = mask(16, 16, Array(256).keys())

describe('mask PNG', () => {
  const path = useTemporaryFolder()

  it('keeps every class id, at even and odd sizes', async () => {
    for (const written of [
      everyId,
      mask(1, 1, [255]),
      mask(3, 5, Array(15).keys()),
      mask(5, 3, Array(15).fill(7)),
    ]) {
      await writeMaskPng(path('mask.png'), written, vocPalette)
      expect(await readMaskPng(path('mask.png'))).to.deep.equal(written)
    }
  })

  it("is an 8-bit palette PNG that other programs show in VOC's colours", async () => {
    await writeMaskPng(path('mask.png'), everyId, vocPalette)
    const png = sharp(path('mask.png'))
    expect(await png.metadata()).to.include({ isPalette: true, bitsPerSample: 8, hasAlpha: false })

    const shown = await png.raw().toBuffer()
    const bird = [128, 128, 0]
    const tvmonitor = [0, 64, 128]
    const doNotScore = [224, 224, 192]
    for (const [id, colour] of [
      [0, [0, 0, 0]],
      [3, bird],
      [20, tvmonitor],
      [255, doNotScore],
    ] as const) {
      expect([...shown.subarray(id * 3, id * 3 + 3)]).to.deep.equal(colour)
    }
  })

  it('refuses an id without a colour, and writes nothing', async () => {
    const error = await rejection(
      writeMaskPng(path('mask.png'), mask(1, 2, [0, 21]), vocPalette.slice(0, 21)),
    )
    expect(error).to.be.instanceOf(RangeError)
    expect(error.message).to.include('the mask holds class 21, the palette 21 colours')
    expect(await readdir(path('.'))).to.deep.equal([])
  })

  for (const depth of [1, 2, 4] as const) {
    it(`reads indices of ${depth} bits, which other tools write if there are few classes`, async () => {
      const width = 5
      const rows = [
        [0, 1, 1, 0, 1],
        [1, 0, 2 ** depth - 1, 0, 0],
      ]
      const packed = rows.flatMap(row => pack(row, depth))
      const palette = [
        [0, 0, 0],
        [128, 0, 0],
      ]
      for (const colours of [palette, undefined]) {
        const image = {
          data: Uint8Array.from(packed),
          width,
          height: 2,
          channels: 1,
          depth,
          palette: colours,
        }
        await writeFile(path('mask.png'), encode(image as Parameters<typeof encode>[0]))
        expect(await readMaskPng(path('mask.png'))).to.deep.equal(mask(width, 2, rows.flat()))
      }
    })
  }

  it('reads greyscale values as ids', async () => {
    const raw = { width: 16, height: 16, channels: 1 } as const
    await sharp(everyId.mask, { raw }).toColourspace('b-w').png().toFile(path('grey.png'))
    expect(await readMaskPng(path('grey.png'))).to.deep.equal(everyId)
  })

  it('reads interlaced masks and every row filter as written by libpng', async () => {
    for (const [width, height] of [
      [1, 1],
      [2, 5],
      [9, 3],
      [37, 29],
    ]) {
      const next = randomSource(width)
      const values = Uint8Array.from({ length: width * height }, (_, i) => (i % 50) + 20 * next())
      const grey = () => sharp(values, { raw: { width, height, channels: 1 } }).toColourspace('b-w')
      for (const options of [{ progressive: true }, { adaptiveFiltering: true }, { compressionLevel: 0 }]) {
        await grey().png(options).toFile(path('grey.png'))
        expect(await readMaskPng(path('grey.png'))).to.deep.equal({ mask: values, width, height })
      }
    }
  })

  for (const colours of [2, 4, 16, 256]) {
    it(`reads interlaced indices of ${Math.log2(colours)} bits`, async () => {
      const [width, height] = [21, 13]
      const values = Uint8Array.from(
        { length: width * height },
        (_, i) => ((i * i) % colours) * (255 / (colours - 1)),
      )
      const grey = sharp(values, { raw: { width, height, channels: 1 } })
      await grey.png({ palette: true, colours, progressive: true, dither: 0 }).toFile(path('mask.png'))
      const bytes = await readFile(path('mask.png'))
      const shown = await sharp(bytes).removeAlpha().raw().toBuffer()
      const palette = bytes.subarray(bytes.indexOf('PLTE') + 4)
      const { mask } = await readMaskPng(path('mask.png'))
      const rgb = [...mask].flatMap(index => [...palette.subarray(3 * index, 3 * index + 3)])
      expect(rgb).to.deep.equal([...shown])
    })
  }

  describe('from a hostile source', () => {
    const write = (...chunks: Uint8Array[]) =>
      writeFile(path('mask.png'), Buffer.concat([PNG_SIGNATURE, ...chunks]))
    const end = pngChunk('IEND', new Uint8Array(0))
    let bomb: Uint8Array
    before(() => {
      bomb = deflateSync(new Uint8Array(1e8), { level: 1 })
    })
    const rows = (count: number) => pngChunk('IDAT', deflateSync(new Uint8Array(count)))

    async function expectRefused(complaint: string) {
      const before = process.resourceUsage().maxRSS
      const error = await rejection(readMaskPng(path('mask.png')))
      expect(error).to.be.instanceOf(UserError)
      expect(error.message).to.equal(`${path('mask.png')}: ${complaint}`)
      expect((process.resourceUsage().maxRSS - before) / 1024, 'MB').to.be.below(50)
    }

    it('allocates nothing for pixels that exist only in the header', async () => {
      await write(pngHeader(16_384, 16_384), rows(100), end)
      await expectRefused('not a PNG, or damaged (there are too few or too many pixels)')
      await write(pngHeader(30_000, 30_000), rows(100), end)
      await expectRefused('30000×30000 pixels is over the limit of 268 megapixels')
      await write(pngHeader(0xffffffff, 0xffffffff, { depth: 1 }), rows(100), end)
      await expectRefused('4294967295×4294967295 pixels is over the limit of 268 megapixels')
    })

    it('inflates no more than the header states', async () => {
      await write(pngHeader(4, 3), pngChunk('IDAT', bomb), end)
      await expectRefused('not a PNG, or damaged (the pixels cannot be inflated)')
      await write(pngHeader(4, 3), rows(16), end)
      await expectRefused('not a PNG, or damaged (there are too few or too many pixels)')
    })

    it('skips texts and colour profiles', async () => {
      const text = Buffer.concat([Buffer.from('name\0\0'), bomb])
      await write(pngHeader(4, 3), pngChunk('iCCP', text), pngChunk('zTXt', text), rows(15), end)
      expect(await readMaskPng(path('mask.png'))).to.deep.equal(mask(4, 3, Array(12).fill(0)))
    })

    it('reports every kind of damage', async () => {
      const header = pngHeader(4, 3)
      const complaints: [string, Uint8Array[]][] = [
        ['there is no header', [rows(15), end]],
        ['the header makes no sense', [pngHeader(0, 3), rows(15), end]],
        ['the header makes no sense', [pngHeader(4, 3, { interlace: 2 }), rows(15), end]],
        ['a part of an unknown kind', [header, pngChunk('CgBI', new Uint8Array(4)), rows(15), end]],
        [
          'a row has an unknown filter',
          [header, pngChunk('IDAT', deflateSync(new Uint8Array(15).fill(9))), end],
        ],
        ['the pixels cannot be inflated', [header, end]],
        ['cut short', [header, rows(15)]],
      ]
      for (const [why, chunks] of complaints) {
        await write(...chunks)
        await expectRefused(`not a PNG, or damaged (${why})`)
      }
      await write(pngHeader(4, 3, { depth: 16 }), rows(27), end)
      await expectRefused(
        'a mask is a palette or greyscale PNG of up to 8 bits, this one has 1×16 bits a pixel',
      )
    })

    it('ignores bytes after the end', async () => {
      await write(pngHeader(4, 3), rows(15), end, new Uint8Array(1000).fill(7))
      expect(await readMaskPng(path('mask.png'))).to.include({ width: 4, height: 3 })
    })
  })

  it('refuses colours, damage and missing files', async () => {
    const photo = { create: { width: 2, height: 2, channels: 3, background: 'red' } } as const
    await sharp(photo).png().toFile(path('colour.png'))
    await writeMaskPng(path('whole.png'), everyId, vocPalette)
    const whole = await readFile(path('whole.png'))
    await writeFile(path('cut.png'), whole.subarray(0, whole.length - 40))
    const flipped = Buffer.from(whole)
    flipped[whole.length - 60] ^= 1
    await writeFile(path('flipped.png'), flipped)
    await writeFile(path('empty.png'), '')

    const complaints = {
      'colour.png':
        /a mask is a palette or greyscale PNG of up to 8 bits, this one has 3×8 bits a pixel; `atrous masks` converts colours that stand for classes by a table of them$/,
      'cut.png': /damaged/,
      'flipped.png': /damaged/,
      'empty.png': /damaged/,
      'missing.png': /no such file or folder$/,
    }
    for (const [name, complaint] of Object.entries(complaints)) {
      const error = await rejection(readMaskPng(path(name)))
      expect(error, name).to.be.instanceOf(UserError)
      expect(error.message).to.match(complaint).and.to.include(path(name)).and.not.include('\n')
    }
  })

  it('reads a hand-drawn ground truth', async function () {
    const bird = await readMaskPng(sharedFile(this, 'photos/bird.mask.png'))
    expect(bird).to.include({ width: 513, height: 513 })
    expect(new Set(bird.mask)).to.deep.equal(new Set([0, 1, 2, 3]))
  })
})

/** A row of values at `depth` bits each, the first in the high bits, padded to whole bytes. */
function pack(row: number[], depth: number): number[] {
  const bits = row.map(value => value.toString(2).padStart(depth, '0')).join('')
  return bits.match(/.{1,8}/g)!.map(byte => Number.parseInt(byte.padEnd(8, '0'), 2))
}
