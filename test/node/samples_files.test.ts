import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readImage, readImageSize } from '../../src/node/images/image.ts'

const path = (name: string) => fileURLToPath(new URL(`golden/samples/${name}`, import.meta.url))
const golden: {
  height: number
  width: number
  files: Record<string, { channels: number; scale: number; values: number[] }>
} = JSON.parse(readFileSync(path('samples.json'), 'utf8'))
const { height, width } = golden

async function errorOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    error => `${error.name}: ${error.message}`.replaceAll(path(''), ''),
  )
}

/** make_samples.py makes the files. */
describe('images of channels of their own', () => {
  for (const [name, { channels, scale, values }] of Object.entries(golden.files))
    it(`are read from ${name}`, async () => {
      const { samples, ...image } = await readImage(path(name), { channels })
      const size = { height, width, originalHeight: height, originalWidth: width }
      expect(image).to.include(size)
      expect(image.data).to.have.length(4 * height * width)
      expect(samples!.channels).to.equal(channels)
      expect([...samples!.data]).to.deep.equal(values.map(value => Math.fround(Math.fround(value) / scale)))
      expect(await readImageSize(path(name), { channels })).to.deep.equal({ height, width })
    })

  it('are read from bytes', async () => {
    const bytes = await readFile(path('interleaved-u8.tif'))
    expect((await readImage(bytes, { channels: 8 })).samples!.channels).to.equal(8)
  })

  const refused: [what: string, name: string, channels: number, message: string][] = [
    [
      'other channels than the network',
      'interleaved-u16.tif',
      4,
      'interleaved-u16.tif: expected an image of 4 channels, as the network takes, got 5',
    ],
    [
      'too few pages',
      'pages-u16.tif',
      6,
      'pages-u16.tif: expected an image of 6 channels, as the network takes, got 5',
    ],
    [
      'three channels where the network takes one',
      'rgb.png',
      1,
      'rgb.png: expected an image of 1 channel, as the network takes, got 3',
    ],
    [
      'an axis of another length',
      'hwc-u8.npy',
      6,
      'hwc-u8.npy: an array of 5 × 7 × 8: expected height × width × 6, as the network takes 6 channels, or 6 × height × width',
    ],
    [
      'a number that is none',
      'refused-nan.npy',
      4,
      "refused-nan.npy: channel 2 is NaN at x 3, y 2: give such pixels a number, such as the channel's mean",
    ],
    [
      'complex numbers',
      'refused-complex.npy',
      4,
      'refused-complex.npy: numbers of the type <c8: expected u1, u2, u4, i1, i2, i4, f4, f8',
    ],
    [
      'a palette',
      'refused-palette.tif',
      1,
      'refused-palette.tif: a TIFF with a palette or another colour space (photometric interpretation 3): save it as grey or RGB',
    ],
    [
      'single bits',
      'refused-bits.tif',
      1,
      'refused-bits.tif: a TIFF of 1 bits a channel: expected 8, 16, 32 or 64',
    ],
    [
      'pages of two sizes',
      'refused-sizes.tif',
      2,
      'refused-sizes.tif: pages of 7×5 and of 3×2 pixels: expected pages of one size',
    ],
  ]
  for (const [what, name, channels, message] of refused)
    it(`are refused with ${what}`, async () =>
      expect(await errorOf(readImage(path(name), { channels }))).to.equal(`UserError: ${message}`))

  it('are refused in one line if the file is cut short', async () => {
    const message = await errorOf(readImage(path('refused-cut.tif'), { channels: 8 }))
    expect(message).to.match(/^UserError: refused-cut\.tif: damaged, cut short, or of a compression .*$/)
    const bytes = (await readFile(path('hwc-u8.npy'))).subarray(0, 200)
    expect(await errorOf(readImage(bytes, { channels: 8 }))).to.equal(
      'UserError: image: damaged or cut short',
    )
  })

  it('are refused where a photo is expected', async () => {
    const message = await errorOf(readImage(path('hwc-u8.npy')))
    expect(message).to.match(/^UserError: hwc-u8\.npy: a NumPy array, and the network takes photos: /)
  })

  it('are refused if they hold more numbers than the GPU binds', async () => {
    const message = await errorOf(readImage(path('interleaved-u8.tif'), { channels: 8, maxPixels: 100 }))
    expect(message).to.equal(
      'UserError: interleaved-u8.tif: 7×5 pixels of 8 channels are over the limit of 100 numbers: cut the image into parts',
    )
  })
})
