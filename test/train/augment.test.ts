import { expect } from 'chai'
import { IGNORE_INDEX, type LabelledImage } from '../../src/data/dataset.ts'
import { networkSize, type Preprocessing } from '../../src/model/preprocessing.ts'
import { augment } from '../../src/train/augment.ts'
import { randomSource } from '../../src/train/random.ts'
import { PAPER_AUGMENTATION } from '../../src/train/random_crop.ts'
import { triangleWindows } from '../reference/preprocess.ts'
import { randomSource as testSource } from '../reference/random.ts'

/** The preprocessing of a network that scales photos to `size`. The area outside of a photo is 124, 116, 104. */
const preprocessing = (size: number, edge: Preprocessing['edge'] = 'longest'): Preprocessing => ({
  mean: [123.6 / 255, 116.2 / 255, 104 / 255],
  std: [1, 1, 1],
  edge,
  size,
})

/** Random pixels, and labels 0 to 20 with some ignored. */
function noise(width: number, height: number): LabelledImage {
  const next = testSource(width * 1000 + height)
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : next() * 256))
  const labels = Uint8Array.from({ length: width * height }, () =>
    next() < 0.1 ? IGNORE_INDEX : next() * 21,
  )
  const image = { width, height, data, originalWidth: width, originalHeight: height }
  return { id: 'noise', image, mask: labels, width, height }
}

/** Returns these numbers in order, and fails if more or fewer are drawn. */
function script(numbers: number[]) {
  const left = [...numbers]
  const random = () => {
    expect(left, 'numbers left').to.not.have.length(0)
    return left.shift()!
  }
  return { random, end: () => expect(left, 'numbers not drawn').to.have.length(0) }
}

interface Choice {
  scale: number
  mirrored?: boolean
  /** The position of the window, 0 to 1 of its range. */
  x?: number
  y?: number
  /** Default: a network that keeps the photo's size. */
  network?: Preprocessing
}

const networkOf = ({ width, height }: LabelledImage, { network }: Choice) =>
  network ?? preprocessing(Math.max(width, height))

function run(photo: LabelledImage, cropSize: number, choice: Choice) {
  const { scale, mirrored = false, x = 0, y = 0 } = choice
  const into = {
    image: new Uint8Array(cropSize ** 2 * 4).fill(7),
    labels: new Uint8Array(cropSize ** 2).fill(7),
  }
  const { random, end } = script([(scale - 0.5) / 1.5, mirrored ? 0.2 : 0.8, x, y])
  augment(photo, into, {
    cropSize,
    scales: [0.5, 2],
    flip: true,
    preprocessing: networkOf(photo, choice),
    random,
  })
  end()
  return into
}

/** The same in simple steps: the whole photo is scaled, then mirrored, then cut. */
function reference(photo: LabelledImage, cropSize: number, choice: Choice) {
  const { scale, mirrored = false, x = 0, y = 0 } = choice
  const { width, height } = networkSize(photo, networkOf(photo, choice), scale)
  const scaled = resize(photo, width, height)
  const [left, top] = [width, height].map((length, axis) =>
    Math.floor((axis === 0 ? x : y) * (Math.max(length - cropSize, 0) + 1)),
  )
  const pixels: { colour: number[]; label: number }[] = []
  for (let row = 0; row < cropSize; row++)
    for (let column = 0; column < cropSize; column++) {
      const outside = left + column >= width || top + row >= height
      const across = mirrored ? width - 1 - left - column : left + column
      pixels.push(
        outside
          ? { colour: [124, 116, 104, 255], label: IGNORE_INDEX }
          : scaled[(top + row) * width + across],
      )
    }
  return pixels
}

/** The photo at another size: with the filter of the inference's preprocessing, and the label under each pixel's centre. */
function resize({ image, mask, ...from }: LabelledImage, width: number, height: number) {
  const columns = triangleWindows(from.width, width)
  const rows = triangleWindows(from.height, height)
  return Array.from({ length: width * height }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    const colour = [0, 0, 0, 0]
    rows[row].shares.forEach((down, y) => {
      columns[column].shares.forEach((across, x) => {
        const at = (rows[row].first + y) * from.width + columns[column].first + x
        for (let channel = 0; channel < 4; channel++)
          colour[channel] += down * across * image.data[at * 4 + channel]
      })
    })
    const [y, x] = [((row + 0.5) * from.height) / height, ((column + 0.5) * from.width) / width]
    return { colour, label: mask[Math.floor(y) * from.width + Math.floor(x)] }
  })
}

describe('augment', () => {
  it('at scale 1 keeps every pixel, or mirrors them', () => {
    const photo = noise(33, 33)
    const plain = run(photo, 33, { scale: 1 })
    expect(plain.image).to.deep.equal(photo.image.data)
    expect(plain.labels).to.deep.equal(photo.mask)
    const mirrored = run(photo, 33, { scale: 1, mirrored: true })
    for (let y = 0; y < 33; y++)
      for (let x = 0; x < 33; x++) {
        const [to, from] = [y * 33 + x, y * 33 + 32 - x]
        expect(mirrored.labels[to]).to.equal(photo.mask[from])
        expect(mirrored.image.slice(to * 4, to * 4 + 4)).to.deep.equal(
          photo.image.data.slice(from * 4, from * 4 + 4),
        )
      }
  })

  const cases: [name: string, size: [number, number], choice: Choice][] = [
    ['a window in a larger photo', [90, 70], { scale: 1.25, x: 0.4, y: 0.7 }],
    ['the last window', [90, 70], { scale: 2, x: 0.9999, y: 0.9999 }],
    ['a mirrored window', [90, 70], { scale: 1.7, mirrored: true, x: 0.3, y: 0.1 }],
    ['a photo smaller than the crop', [40, 31], { scale: 0.7, x: 0.9, y: 0.9 }],
    ['a mirrored photo smaller than the crop', [40, 31], { scale: 0.9, mirrored: true, x: 0.9 }],
    ['a photo that is wider but lower than the crop', [120, 20], { scale: 1.1, x: 0.5 }],
    ['a single pixel', [1, 1], { scale: 2 }],
    ['half the size', [90, 70], { scale: 0.5, x: 0.2 }],
    [
      'a large photo, scaled for the network',
      [400, 300],
      { scale: 1.2, x: 0.8, y: 0.5, network: preprocessing(60) },
    ],
    [
      'a small photo, scaled for the network',
      [20, 13],
      { scale: 1.5, mirrored: true, x: 0.5, network: preprocessing(64) },
    ],
    [
      'a network that scales the shortest edge',
      [150, 90],
      { scale: 1.1, x: 0.6, network: preprocessing(45, 'shortest') },
    ],
  ]
  for (const [name, [width, height], choice] of cases)
    it(`${name}: scales, cuts and pads like the reference`, () => {
      const photo = noise(width, height)
      const { image, labels } = run(photo, 48, choice)
      reference(photo, 48, choice).forEach(({ colour, label }, i) => {
        expect(labels[i], `label ${i}`).to.equal(label)
        for (const [channel, value] of colour.entries())
          expect(image[i * 4 + channel], `pixel ${i}`).to.be.closeTo(value, 0.5 + 1e-9)
      })
    })

  it('never reads a pixel outside the photo', () => {
    for (const size of [1, 2, 3, 17])
      for (const scale of [0.5, 0.77, 1, 1.31, 2])
        for (const mirrored of [false, true]) {
          const photo = noise(size, size)
          photo.mask.fill(1)
          const { labels } = run(photo, 40, { scale, mirrored, x: 0.999, y: 0.999 })
          const scaled = Math.max(1, Math.round(size * scale))
          expect(labels.filter(label => label === 1)).to.have.length(Math.min(scaled, 40) ** 2)
        }
  })

  it('does not mirror if that is turned off, but draws the same number of random numbers', () => {
    const photo = noise(33, 33)
    const into = { image: new Uint8Array(33 * 33 * 4), labels: new Uint8Array(33 * 33) }
    const { random, end } = script([0.5, 0, 0, 0])
    augment(photo, into, {
      cropSize: 33,
      scales: [1, 1],
      flip: false,
      preprocessing: preprocessing(33),
      random,
    })
    end()
    expect(into.labels).to.deep.equal(photo.mask)
  })

  it('by default is the paper’s, and depends only on the random numbers', () => {
    expect(PAPER_AUGMENTATION).to.deep.equal({ cropSize: 513, scales: [0.5, 2], flip: true })
    const photo = noise(60, 50)
    const crop = (seed: number) => {
      const into = { image: new Uint8Array(32 * 32 * 4), labels: new Uint8Array(32 * 32) }
      const random = randomSource(seed, 'augment', 1, 2)
      augment(photo, into, { ...PAPER_AUGMENTATION, cropSize: 32, preprocessing: preprocessing(60), random })
      return into
    }
    expect(crop(1)).to.deep.equal(crop(1))
    expect(crop(1).labels).to.not.deep.equal(crop(2).labels)
  })
})
