import { readdir } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('atrous segment --cutout', () => {
  const path = useTemporaryFolder()
  const name = 'class 1'
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    const { data, width, height } = blocksPhoto(90, 70)
    await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toFile(path('photo.png'))
  })
  const run = (...more: string[]) =>
    atrous(
      'segment',
      path('photo.png'),
      '--model',
      path('model'),
      '--size',
      '65',
      '--out',
      path('out'),
      ...more,
    )

  it('writes a PNG with alpha beside the others, and replaces it', async () => {
    for (const classes of [name, 'all']) {
      const { code, stdout, stderr } = await run('--cutout', classes, '--json')
      expect(code, stderr).to.equal(0)
      expect(JSON.parse(stdout)[0].cutout).to.equal(path('out/photo.cutout.png'))
    }
    expect(await readdir(path('out'))).to.have.members([
      'photo.cutout.png',
      'photo.mask.png',
      'photo.overlay.png',
    ])
    const { width, height, hasAlpha } = await sharp(path('out/photo.cutout.png')).metadata()
    expect({ width, height, hasAlpha }).to.deep.equal({ width: 90, height: 70, hasAlpha: true })
  })

  it('changes no mask', async () => {
    await run('--cutout', 'all', '--no-overlay')
    const withCutout = await sharp(path('out/photo.mask.png')).raw().toBuffer()
    await run('--no-overlay')
    expect(await sharp(path('out/photo.mask.png')).raw().toBuffer()).to.deep.equal(withCutout)
  })

  it('puts a colour, a blur or a picture behind', async () => {
    for (const background of ['#ff00ff', 'blur', path('photo.png')]) {
      const { code, stderr } = await run('--cutout', name, '--background', background)
      expect(code, stderr).to.equal(0)
      const { isOpaque } = await sharp(path('out/photo.cutout.png')).stats()
      expect(isOpaque, background).to.equal(true)
    }
  })

  it('refuses a class that the model lacks, and a background of nothing', async () => {
    const unknown = await run('--cutout', 'unicorn')
    expect(unknown.code).to.equal(1)
    expect(unknown.stderr).to.match(/^error: --cutout: "unicorn" is none of all, /m)
    const alone = await run('--background', 'blur')
    expect(alone.stderr).to.match(/^error: --background: expected --cutout with it$/m)
  })
})
