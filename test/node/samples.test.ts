import { expect } from 'chai'
import sharp from 'sharp'
import { displayPalette } from '../../src/data/palette.ts'
import { renderSamples, sampleRow, spreadIndices } from '../../src/node/training/samples.ts'
import { blocksPhoto } from './tiny_model.ts'

const HEADINGS = ['photo', 'truth', 'prediction, step 5'] as const
const CLASS_NAMES = ['background', 'leaf', 'rust']

/** A photo whose ground truth is leaf, with an unscored first row, and whose prediction is rust everywhere. */
function rowOf(width: number, height: number) {
  const image = blocksPhoto(width, height)
  const mask = new Uint8Array(width * height).fill(1).fill(255, 0, width)
  const labelled = { id: 'photo', image, mask, width, height }
  return sampleRow({ labelled, prediction: new Uint8Array(width * height).fill(2) })
}

async function decode(png: Uint8Array) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
  const pixel = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)]
  return { width: info.width, height: info.height, pixel }
}

describe('renderSamples', () => {
  it('stays below 1600 pixels for photos of any size', async () => {
    const rows = await Promise.all([rowOf(1500, 1000), rowOf(300, 2000), rowOf(257, 257)])
    const { width, height } = await decode(
      await renderSamples(rows, { classNames: CLASS_NAMES, headings: HEADINGS }),
    )
    expect(width).to.equal(10 + 3 * 510)
    expect(height).to.be.within(35 + (333 + 10) + (500 + 10) + (257 + 10), 1400)
  })

  it('shows ground truth and prediction in the colours of their classes, and unscored pixels in grey', async () => {
    const { pixel, height } = await decode(
      await renderSamples([await rowOf(200, 100)], { classNames: CLASS_NAMES, headings: HEADINGS }),
    )
    expect(pixel(10 + 210, 35)).to.deep.equal([190, 190, 190])
    expect(pixel(10 + 210, 36)).to.deep.equal([...displayPalette[1]])
    expect(pixel(10 + 2 * 210, 35)).to.deep.equal([...displayPalette[2]])
    const legend = Array.from({ length: 640 }, (_, x) => pixel(x, height - 18).join())
    expect(legend).to.include.members([displayPalette[1], displayPalette[2], [190, 190, 190]].map(String))
    expect(legend).not.to.include('32,32,32')
  })

  it('has room for headings above tiny photos', async () => {
    const { width } = await decode(
      await renderSamples([await rowOf(1, 1)], { classNames: CLASS_NAMES, headings: HEADINGS }),
    )
    expect(width).to.be.at.least(10 + 3 * 202)
  })
})

describe('spreadIndices', () => {
  it('spreads indices evenly, and takes all if there are few', () => {
    expect(spreadIndices(100, 4)).to.deep.equal([12, 37, 62, 87])
    expect(spreadIndices(3, 4)).to.deep.equal([0, 1, 2])
  })
})
