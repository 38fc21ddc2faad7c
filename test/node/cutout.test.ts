// `found.cutout()` in Node.

import { expect } from 'chai'
import sharp from 'sharp'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type CutoutOptions, DeepLab, type Segmentation } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejection } from './support.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('cutout', () => {
  const photo = blocksPhoto(90, 70)
  let gpu: Gpu
  let model: DeepLab
  let found: Segmentation<'probabilities'>
  before(async () => {
    gpu = await testGpu()
    model = await DeepLab.create(TINY, { gpu, seed: 3 })
    found = await model.segment(photo, { size: 65, output: 'probabilities' })
  })
  after(() => model.dispose())

  async function picture(options: CutoutOptions) {
    const bytes = await found.cutout(options)
    const { format } = await sharp(bytes).metadata()
    const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
    return { format, data, width: info.width, height: info.height }
  }

  it('has the photo’s size and alpha between 0 and 1', async () => {
    const [name] = model.classNames
    const { format, width, height, data } = await picture({ classes: [name] })
    expect({ format, width, height }).to.deep.equal({ format: 'png', width: 90, height: 70 })
    const alphas = new Set(data.filter((_, i) => i % 4 === 3))
    expect(alphas.size).to.be.above(10)
  })

  it('with all classes is the whole photo, nearly', async () => {
    const { data } = await picture({ classes: model.classNames })
    const own = photo.data as Uint8Array
    expect(data.every((value, i) => Math.abs(value - (i % 4 === 3 ? 255 : own[i])) <= 2)).to.equal(true)
  })

  it('is opaque on a colour, on a blur and on a picture, and may be a WebP', async () => {
    const [name] = model.classNames
    const black = { width: 3, height: 2, data: new Uint8Array(3 * 2 * 3) }
    for (const background of [[255, 0, 255], 'blur', { picture: black }] as const) {
      const { format, width, data } = await picture({ classes: [name], background, format: 'webp' })
      expect({ format, width }).to.deep.equal({ format: 'webp', width: 90 })
      expect(data.every((value, i) => i % 4 < 3 || value === 255)).to.equal(true)
    }
    const transparent = await picture({ classes: [name] })
    const onBlack = await picture({ classes: [name], background: { picture: black } })
    const distances = onBlack.data.map((value, i) => {
      const alpha = transparent.data[i - (i % 4) + 3] / 255
      return i % 4 === 3 ? 0 : Math.abs(value - Math.round(alpha * transparent.data[i]))
    })
    expect(Math.max(...distances)).to.be.at.most(1)
  })

  it('refuses wrong options, and results without probabilities', async () => {
    const messageOf = async (options: object, result: Segmentation = found) =>
      (await rejection(result.cutout(options as CutoutOptions))).message
    expect(await messageOf({ classes: ['unicorn'] })).to.match(/^classes: "unicorn" is none of /)
    expect(await messageOf({ classes: [] })).to.equal('classes: expected names of classes, got []')
    expect(await messageOf({ background: 'blurred' })).to.equal(
      'background: expected blur, a colour such as [255, 255, 255], or { picture }, got "blurred"',
    )
    expect(await messageOf({ format: 'jpeg' })).to.equal('format: expected png or webp, got "jpeg"')
    expect(await messageOf({ clases: [] })).to.equal('clases: unknown option; did you mean classes?')
    expect(await messageOf({ background: { picture: '/nowhere.png' } })).to.match(/nowhere\.png/)
    const plain = await model.segment(photo, { size: 65 })
    expect(await messageOf({}, plain)).to.equal("cutout: segment with { output: 'probabilities' } first")
  })
})
