import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import type { ClassShare } from '../../src/data/class_share.ts'
import type { Image } from '../../src/data/image.ts'
import { displayPalette, vocPalette } from '../../src/data/palette.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { renderOverlay } from '../../src/node/overlay/overlay.ts'
import { Segmentation } from '../../src/node/segmentation.ts'
import { rejection, useTemporaryFolder } from './support.ts'

const GREY = 200
const WHITE = [255, 255, 255]
const background: ClassShare = { id: 0, name: 'background', colour: vocPalette[0], share: 0.5 }
const bird: ClassShare = { id: 3, name: 'bird', colour: vocPalette[3], share: 0.4999 }
const chair: ClassShare = { id: 9, name: 'chair', colour: vocPalette[9], share: 0.0001 }

/** The bird's olive, (128, 128, 0), at opacity 0.55 over grey, and mixed half with white. */
const TINTED = [160, 160, 90]
const OUTLINE = [192, 192, 128]

function greyPhoto(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 4).fill(GREY)
  return { width, height, data, originalWidth: width, originalHeight: height }
}

/** A mask whose left half is background and whose right half is the given class. */
function halves(width: number, height: number, id: number) {
  const mask = Uint8Array.from({ length: width * height }, (_, i) => (i % width < width / 2 ? 0 : id))
  return { mask, width, height }
}

async function decode(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
  const pixel = (x: number, y: number) => {
    const at = (y * info.width + x) * info.channels
    return [...data.subarray(at, at + 3)]
  }
  return { width: info.width, height: info.height, pixel }
}

/** The number of dark pixels in a legend row; only its text is dark. */
function darkPixels({ width, height, pixel }: Awaited<ReturnType<typeof decode>>, top: number): number {
  let count = 0
  for (let y = top; y < height; y++) {
    for (let x = 0; x < width; x++) if (Math.max(...pixel(x, y)) < 80) count++
  }
  return count
}

describe('renderOverlay', () => {
  it('tints and outlines classes, and does not change the background', async () => {
    const photo = greyPhoto(400, 300)
    const png = await decode(
      await renderOverlay(photo, { ...halves(400, 300, 3), classes: [background, bird] }),
    )
    expect(png.width).to.equal(400)
    expect(png.height).to.be.greaterThan(300)
    expect(png.pixel(100, 150)).to.deep.equal([GREY, GREY, GREY])
    expect(png.pixel(199, 150)).to.deep.equal([GREY, GREY, GREY])
    expect(png.pixel(200, 150)).to.deep.equal(OUTLINE)
    expect(png.pixel(201, 150)).to.deep.equal(TINTED)
    expect(png.pixel(399, 0)).to.deep.equal(TINTED)
    expect(photo.data.every(value => value === GREY)).to.equal(true)
  })

  it("tints the photo's grey, so that an object of its class's colour does not look as if it had none", async () => {
    const [width, height] = [40, 30]
    const data = new Uint8Array(width * height * 4).map((_, i) => [...bird.colour, 255][i % 4])
    const photo = { width, height, data, originalWidth: width, originalHeight: height }
    const png = await decode(
      await renderOverlay(photo, { ...halves(width, height, 3), classes: [background, bird] }),
    )
    const grey = 0.299 * 128 + 0.587 * 128
    const tinted = bird.colour.map(channel => Math.round(grey + (channel - grey) * 0.55))
    expect(png.pixel(5, 15)).to.deep.equal([...bird.colour])
    expect(png.pixel(30, 15)).to.deep.equal(tinted)
  })

  it('samples a mask of another size at the nearest pixel', async () => {
    const labelled = { ...halves(4, 3, 3), classes: [background, bird] }
    const png = await decode(await renderOverlay(greyPhoto(402, 300), labelled))
    for (const y of [0, 150, 299]) {
      expect(png.pixel(200, y)).to.deep.equal([GREY, GREY, GREY])
      expect(png.pixel(201, y)).to.deep.equal(OUTLINE)
      expect(png.pixel(300, y)).to.deep.equal(TINTED)
    }
  })

  it('does not tint ids that are not classes', async () => {
    const labelled = { ...halves(400, 300, 255), classes: [background] }
    const png = await decode(await renderOverlay(greyPhoto(400, 300), labelled))
    for (const x of [199, 200, 300]) expect(png.pixel(x, 150)).to.deep.equal([GREY, GREY, GREY])
  })

  it('lists the classes below, the largest first, on white', async () => {
    const classes = [chair, bird, background]
    const png = await decode(await renderOverlay(greyPhoto(200, 100), { ...halves(200, 100, 3), classes }))
    const rowHeight = (png.height - 100 - 14) / 3
    const swatches = [0, 1, 2].map(row => png.pixel(21, Math.round(107 + rowHeight * (row + 0.5))))
    expect(swatches).to.deep.equal([WHITE, [...bird.colour], [...chair.colour]])
    expect(png.pixel(1, png.height - 1)).to.deep.equal(WHITE)
    expect(darkPixels(png, 100)).to.be.greaterThan(200)
  })

  for (const [width, height] of [
    [1, 1],
    [8, 8],
    [3, 500],
    [3000, 10],
  ]) {
    it(`writes a readable legend below a photo of ${width}×${height}`, async () => {
      const classes = [background, bird, chair]
      const labelled = { ...halves(width, height, 3), classes }
      const png = await decode(await renderOverlay(greyPhoto(width, height), labelled))
      expect(png.width).to.be.at.least(Math.max(width, 120))
      expect(png.height).to.be.at.least(height + 20)
      expect(darkPixels(png, height)).to.be.greaterThan(200)
    })
  }

  it('draws a mask without any class', async () => {
    const png = await decode(await renderOverlay(greyPhoto(8, 8), { ...halves(8, 8, 255), classes: [] }))
    expect(png.pixel(4, 4)).to.deep.equal([GREY, GREY, GREY])
  })

  it('has the requested opacity, with and without outlines', async () => {
    const labelled = { ...halves(400, 300, 3), classes: [background, bird] }
    const draw = async (options: object) =>
      decode(await renderOverlay(greyPhoto(400, 300), labelled, options))
    const full = await draw({ opacity: 1, outlines: false })
    for (const x of [200, 201, 399]) expect(full.pixel(x, 150)).to.deep.equal([...bird.colour])
    const outlined = await draw({ opacity: 0 })
    expect([outlined.pixel(200, 150), outlined.pixel(300, 150)]).to.deep.equal([OUTLINE, [GREY, GREY, GREY]])
  })

  it('without a legend has the size of the photo', async () => {
    const labelled = { ...halves(40, 30, 3), classes: [background, bird] }
    const png = await decode(await renderOverlay(greyPhoto(40, 30), labelled, { legend: false }))
    expect([png.width, png.height]).to.deep.equal([40, 30])
    expect(png.pixel(30, 10)).to.deep.equal(TINTED)
  })
})

describe('a segmentation', () => {
  const path = useTemporaryFolder()
  const names = { output: 'mask', classNames: ['background', 'cat', 'dog'] } as const
  const found = new Segmentation(greyPhoto(40, 30), halves(40, 30, 2), names)
  const palette = [
    [0, 0, 0],
    [255, 0, 0],
    [0, 0, 255],
  ] as const

  it('gives its mask as a palette PNG in custom colours', async () => {
    await writeFile(path('mask.png'), found.maskPng())
    expect((await readMaskPng(path('mask.png'))).mask).to.deep.equal(found.mask)
    expect((await decode(found.maskPng())).pixel(30, 10)).to.deep.equal([...vocPalette[2]])
    const own = found.maskPng({ palette })
    expect((await decode(own)).pixel(30, 10)).to.deep.equal([0, 0, 255])
    await writeFile(path('own.png'), own)
    expect((await readMaskPng(path('own.png'))).mask).to.deep.equal(found.mask)
  })

  it('gives its overlay as a PNG in custom colours', async () => {
    const png = await decode(await found.overlay({ palette, opacity: 1, outlines: false, legend: false }))
    expect([png.width, png.height]).to.deep.equal([40, 30])
    expect(png.pixel(30, 10)).to.deep.equal([0, 0, 255])
    expect(png.pixel(10, 10)).to.deep.equal([GREY, GREY, GREY])
    expect(found.classes[0].colour, 'the palette of the classes stays').to.deep.equal(
      displayPalette[found.classes[0].id],
    )
  })

  it('has bright colours in its overlay and those of PASCAL VOC in its mask, where none are given', async () => {
    const files = await found.save(path('default/photo'), { opacity: 1, outlines: false, legend: false })
    expect((await decode(await readFile(files.mask))).pixel(30, 10)).to.deep.equal([...vocPalette[2]])
    expect((await decode(await readFile(files.overlay))).pixel(30, 10)).to.deep.equal([...displayPalette[2]])
  })

  it('saves both with such options', async () => {
    const files = await found.save(path('out/photo'), { palette, legend: false })
    expect((await decode(await readFile(files.mask))).pixel(30, 10)).to.deep.equal([0, 0, 255])
    expect((await decode(await readFile(files.overlay))).height).to.equal(30)
  })

  it('refuses invalid options before it writes', async () => {
    const cases: [object, string][] = [
      [{ colour: 1 }, 'colour: unknown option; expected palette, opacity, outlines, legend'],
      [{ pallete: palette }, 'pallete: unknown option; did you mean palette?'],
      [{ opacity: 2 }, 'opacity: expected a number from 0 to 1, got 2'],
      [{ opacity: '0.5' }, 'opacity: expected a number from 0 to 1, got "0.5"'],
      [{ opacity: Number.NaN }, 'opacity: expected a number from 0 to 1, got NaN'],
      [{ legend: 'no' }, 'legend: expected true or false, got "no"'],
      [{ outlines: 0 }, 'outlines: expected true or false, got 0'],
      [{ palette: 'red' }, 'palette: expected a colour for each of 3 classes, at most 256, got "red"'],
      [{ palette: palette.slice(1) }, 'palette: expected a colour for each of 3 classes, at most 256, got 2'],
      [
        { palette: new Array(257).fill([0, 0, 0]) },
        'palette: expected a colour for each of 3 classes, at most 256, got 257',
      ],
      [
        {
          palette: [
            [0, 0, 0],
            [0, 0, 256],
            [0, 0, 0],
          ],
        },
        'palette[1]: expected red, green and blue from 0 to 255, such as [128, 0, 0], got [0, 0, 256]',
      ],
    ]
    for (const [options, expected] of cases) {
      expect((await rejection(found.overlay(options))).message).to.equal(expected)
      expect((await rejection(found.save(path('out/photo'), options))).message).to.equal(expected)
    }
    expect(existsSync(path('out'))).to.equal(false)
    expect(() => found.maskPng({ opacity: 1 } as object)).to.throw(
      'opacity: unknown option; expected palette',
    )
  })
})
