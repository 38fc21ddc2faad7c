// Colours and rotation, by fixed factors against torchvision, and as they are drawn.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { IGNORE_INDEX, type LabelledImage } from '../../src/data/dataset.ts'
import { augment } from '../../src/train/augment.ts'
import { blur } from '../../src/train/blur.ts'
import { type Adjustment, adjust, type Colours, toGrey } from '../../src/train/colour_jitter.ts'
import { drawDistortion } from '../../src/train/distortion.ts'
import { randomSource } from '../../src/train/random.ts'
import type { Augmentation } from '../../src/train/random_crop.ts'
import { rotatedCrop } from '../../src/train/rotate.ts'
import { randomSource as testSource } from '../reference/random.ts'

interface Golden {
  width: number
  height: number
  photo: number[]
  labels: number[]
  jitters: { adjustments: [Adjustment, number][]; image: number[] }[]
  grey: number[]
  blurs: { sigma: number; image: number[] }[]
  rotations: { angle: number; image: number[]; inside: number[]; labels: number[] }[]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('golden/distortions.json', import.meta.url)).toString(),
)
const { width, height } = golden

const colours = (): Colours => ({ values: Float32Array.from(golden.photo), width, height })

function expectColours({ values }: Colours, expected: readonly number[]): void {
  expect(values).to.have.length(expected.length)
  for (const [i, value] of values.entries()) expect(value, `value ${i}`).to.be.closeTo(expected[i], 2e-3)
}

const asPhoto = (rgb: readonly number[], mask: Uint8Array, size = { width, height }): LabelledImage => {
  const data = Uint8Array.from({ length: mask.length * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : rgb[Math.floor(i / 4) * 3 + (i % 4)],
  )
  const { width: originalWidth, height: originalHeight } = size
  return { id: 'photo', image: { data, ...size, originalWidth, originalHeight }, mask, ...size }
}

describe('changes of colours', () => {
  for (const { adjustments, image } of golden.jitters)
    it(`${adjustments.map(([name, factor]) => `${name} ${factor}`).join(', ')}: as torchvision`, () => {
      const changed = colours()
      for (const [name, factor] of adjustments) adjust[name](changed, factor)
      expectColours(changed, image)
    })

  it('grey: as torchvision', () => {
    const changed = colours()
    toGrey(changed)
    expectColours(changed, golden.grey)
  })

  for (const { sigma, image } of golden.blurs)
    it(`a blur of ${sigma} pixels: as torchvision`, () => {
      const changed = colours()
      blur(changed, sigma)
      expectColours(changed, image)
    })

  it('a blur of photos that are smaller than its kernel keeps a constant colour', () => {
    for (const [w, h] of [
      [1, 1],
      [2, 1],
      [1, 3],
      [3, 2],
    ]) {
      const one = { values: new Float32Array(w * h * 3).fill(77), width: w, height: h }
      blur(one, 2)
      for (const value of one.values) expect(value).to.be.closeTo(77, 1e-4)
    }
  })

  it('jitter draws factors from torchvision’s ranges, in every order', () => {
    const random = randomSource(1, 'distort', 2, 3)
    const seen: Record<Adjustment, number[]> = { brightness: [], contrast: [], saturation: [], hue: [] }
    const orders = new Set<string>()
    for (let i = 0; i < 2000; i++) {
      const { adjustments } = drawDistortion({ colourJitter: [0.4, 1.5, 0.2, 0.1] }, random)
      orders.add(adjustments.map(([name]) => name).join())
      for (const [name, factor] of adjustments) seen[name].push(factor)
    }
    expect(orders.size).to.equal(24)
    const ranges = { brightness: [0.6, 1.4], contrast: [0, 2.5], saturation: [0.8, 1.2], hue: [-0.1, 0.1] }
    for (const [name, [smallest, largest]] of Object.entries(ranges)) {
      const values = seen[name as Adjustment]
      const near = (largest - smallest) / 50
      expect(Math.min(...values), name).to.be.within(smallest, smallest + near)
      expect(Math.max(...values), name).to.be.within(largest - near, largest)
    }
  })

  it('an option that is off draws nothing, and a share decides how many examples change', () => {
    const none = () => expect.fail('a number is drawn')
    expect(drawDistortion({}, none)).to.deep.equal({ adjustments: [], grey: false, sigma: 0 })
    const options = { colourJitter: [0, 0, 0, 0.2], jittered: 0.8, grey: 0.2, blur: 0.5 } as const
    const random = randomSource(5, 'distort')
    const drawn = Array.from({ length: 4000 }, () => drawDistortion(options, random))
    const share = (is: (each: (typeof drawn)[0]) => boolean) => drawn.filter(is).length / drawn.length
    expect(share(({ adjustments }) => adjustments.length === 1)).to.be.closeTo(0.8, 0.03)
    expect(share(({ grey }) => grey)).to.be.closeTo(0.2, 0.03)
    expect(share(({ sigma }) => sigma >= 0.1 && sigma < 2)).to.be.closeTo(0.5, 0.03)
  })
})

describe('rotation', () => {
  for (const { angle, image, inside, labels } of golden.rotations)
    it(`by ${angle}°: as torchvision`, () => {
      const photo = asPhoto(golden.photo, Uint8Array.from(golden.labels))
      const axis = (scaled: number) => ({ scaled, size: scaled, start: 0 })
      const crop = { columns: axis(width), rows: axis(height), mirrored: false, pitch: width }
      const into = {
        image: new Uint8Array(width * height * 4).fill(9),
        labels: new Uint8Array(width * height).fill(IGNORE_INDEX),
      }
      rotatedCrop(photo, into, { crop, angle, drawn: { adjustments: [], grey: false, sigma: 0 } })
      expect([...into.labels]).to.deep.equal(labels)
      for (const [pixel, isInside] of inside.entries())
        for (let channel = 0; channel < 3; channel++) {
          const value = into.image[pixel * 4 + channel]
          if (isInside) expect(value, `pixel ${pixel}`).to.be.closeTo(image[pixel * 3 + channel], 0.502)
          if (labels[pixel] === IGNORE_INDEX) expect(value, `pixel ${pixel}`).to.equal(9)
        }
    })

  it('shows what lies around the window in the photo: only a photo’s own corners are missing', () => {
    const photo = asPhoto(
      Array.from({ length: 60 * 60 * 3 }, () => 50),
      new Uint8Array(60 * 60).fill(3),
      { width: 60, height: 60 },
    )
    const crop = {
      columns: { scaled: 60, size: 20, start: 20 },
      rows: { scaled: 60, size: 20, start: 20 },
      mirrored: false,
      pitch: 20,
    }
    const into = { image: new Uint8Array(20 * 20 * 4), labels: new Uint8Array(20 * 20).fill(IGNORE_INDEX) }
    rotatedCrop(photo, into, { crop, angle: 45, drawn: { adjustments: [], grey: false, sigma: 0 } })
    expect(new Set(into.labels)).to.deep.equal(new Set([3]))
  })
})

describe('augment with rotation and colours', () => {
  const mean = [124, 116, 104]
  const preprocessing = {
    mean: mean.map(value => value / 255) as [number, number, number],
    std: [1, 1, 1] as [number, number, number],
    edge: 'longest' as const,
    size: 60,
  }
  const all: Partial<Augmentation> = { rotation: 30, colourJitter: 0.5, jittered: 0.8, grey: 0.3, blur: 0.5 }

  const next = testSource(8)
  const photo = asPhoto(
    Array.from({ length: 60 * 45 * 3 }, () => Math.floor(next() * 256)),
    Uint8Array.from({ length: 60 * 45 }, () =>
      next() < 0.1 ? IGNORE_INDEX : [2, 5, 9][Math.floor(next() * 3)],
    ),
    { width: 60, height: 45 },
  )

  function example(options: Partial<Augmentation>, { seed = 1, slot = 0 } = {}) {
    const into = { image: new Uint8Array(40 * 40 * 4), labels: new Uint8Array(40 * 40) }
    augment(photo, into, {
      cropSize: 40,
      scales: [0.5, 2],
      flip: true,
      ...options,
      preprocessing,
      random: randomSource(seed, 'augment', 7, slot),
      distortions: randomSource(seed, 'distort', 7, slot),
    })
    return into
  }

  it('labels only the photo’s classes, and gives what is outside the mean colour', () => {
    for (let slot = 0; slot < 40; slot++) {
      const { image, labels } = example({ rotation: 180, colourJitter: 0.5, blur: 1 }, { slot })
      for (const label of labels) expect([2, 5, 9, IGNORE_INDEX]).to.include(label)
      for (let pixel = 0; pixel < labels.length; pixel++) expect(image[pixel * 4 + 3]).to.equal(255)
    }
    const { image, labels } = example({ scales: [0.5, 0.5], rotation: 40, colourJitter: 0.9, blur: 1 })
    const corner = [...image.subarray(0, 3)]
    expect([corner, labels[0]]).to.deep.equal([mean, IGNORE_INDEX])
  })

  it('gives the same bytes for a seed, and others for another seed or slot', () => {
    expect(example(all)).to.deep.equal(example(all))
    expect(example(all).image).to.not.deep.equal(example(all, { seed: 2 }).image)
    expect(example(all).image).to.not.deep.equal(example(all, { slot: 1 }).image)
  })

  it('changes colours alone without touching crop and labels', () => {
    for (let slot = 0; slot < 8; slot++) {
      const [plain, changed] = [example({}, { slot }), example({ colourJitter: 0.5, blur: 1 }, { slot })]
      expect(changed.labels).to.deep.equal(plain.labels)
      expect(changed.image).to.not.deep.equal(plain.image)
    }
  })

  it('with all options at 0 gives the bytes of none', () => {
    const off = { rotation: 0, colourJitter: 0, grey: 0, blur: 0 }
    for (let slot = 0; slot < 4; slot++) expect(example(off, { slot })).to.deep.equal(example({}, { slot }))
  })
})
