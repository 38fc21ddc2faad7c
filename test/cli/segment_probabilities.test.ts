import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { decode } from 'fast-png'
import sharp from 'sharp'
import { probabilityFiles } from '../../src/cli/segment/segment_results.ts'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { readNpy } from '../node/npy.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('files of probabilities', () => {
  const path = useTemporaryFolder()
  const classNames = ['background', 'traffic light/../x', '']
  const data = Float32Array.from({ length: 4 * 5 * 3 }, (_, i) => (i % 7) / 6)
  const scores = { data, width: 5, height: 4, classes: 3, classNames }

  it('npy: one file of float32 [height, width, classes], with the numbers at a multiple of 64 bytes', async () => {
    const [file, ...more] = probabilityFiles(scores, 'npy')
    expect([file.ending, more]).to.deep.equal(['probabilities.npy', []])
    await writeFileAtomic(path('a.npy'), file.content())
    const bytes = await readFile(path('a.npy'))
    expect((bytes.length - data.byteLength) % 64).to.equal(0)
    const found = readNpy(bytes)
    expect(found.shape).to.deep.equal([4, 5, 3])
    expect([...found.data]).to.deep.equal([...data])
  })

  it('png: a grey PNG for each class, with a name that every file system accepts', async () => {
    const files = probabilityFiles(scores, 'png')
    expect(files.map(({ ending }) => ending)).to.deep.equal([
      'probabilities.0-background.png',
      'probabilities.1-traffic_light_x.png',
      'probabilities.2-.png',
    ])
    for (const [id, { content }] of files.entries()) {
      const png = decode(content() as Uint8Array)
      expect(png).to.include({ width: 5, height: 4, channels: 1, depth: 8 })
      const expected = Array.from({ length: 20 }, (_, pixel) => Math.round(255 * data[pixel * 3 + id]))
      expect([...png.data]).to.deep.equal(expected)
    }
  })
})

describe('atrous segment', () => {
  const path = useTemporaryFolder()
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

  beforeEach(async () => {
    await saveTinyModel(path('model'))
    const { width, height, data } = blocksPhoto(90, 70)
    await sharp(data, { raw: { width, height, channels: 4 } }).toFile(path('photo.png'))
  })

  it('--probabilities npy writes all classes of the photo, and prints the confidence in each', async () => {
    const { code, stdout, stderr } = await run('--probabilities', 'npy', '--json')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const [{ probabilities, classes, mask }] = JSON.parse(stdout)
    expect(probabilities).to.deep.equal([path('out/photo.probabilities.npy')])
    const { shape, data } = readNpy(await readFile(probabilities[0]))
    expect(shape).to.deep.equal([70, 90, 5])
    const ids = (await readMaskPng(mask)).mask
    const own = (id: number) =>
      [...ids.keys()].filter(pixel => ids[pixel] === id).map(pixel => data[pixel * 5 + id])
    for (const { id, confidence } of classes)
      expect(confidence).to.be.closeTo(own(id).reduce((a, b) => a + b) / own(id).length, 1e-6)
  })

  it('--probabilities png writes a grey PNG for each class, and replaces an earlier one', async () => {
    for (const time of ['first', 'second']) {
      const { code, stdout, stderr } = await run('--probabilities', 'png', '--no-mask', '--no-overlay')
      expect({ code, stderr }, time).to.deep.equal({ code: 0, stderr: '' })
      expect(stdout).to.include(`→ ${path('out/photo.probabilities.*.png')} (`)
    }
    const files = (await readdir(path('out'))).toSorted()
    expect(files).to.deep.equal([0, 1, 2, 3, 4].map(id => `photo.probabilities.${id}-class_${id}.png`))
    const sums = new Array(90 * 70).fill(0)
    for (const file of files) {
      const { mask } = await readMaskPng(path(`out/${file}`))
      mask.forEach((grey, pixel) => {
        sums[pixel] += grey
      })
    }
    for (const sum of sums) expect(sum).to.be.within(252, 258)
  })

  it('--probabilities npy replaces no file without permission, and needs a folder', async () => {
    await run('--probabilities', 'npy')
    const again = await run('--probabilities', 'npy')
    expect(again.code).to.equal(1)
    expect(again.stderr).to.match(
      /photo\.probabilities\.npy exists and is not an unchanged result of atrous segment/,
    )
    expect((await run('--probabilities', 'npy', '--overwrite')).code).to.equal(0)
    const { stderr } = await run('--probabilities', 'npy', '--out', '-')
    expect(stderr).to.match(/--probabilities writes several files: --out must be a folder/)
  })

  it('--opacity and --no-legend change the overlay', async () => {
    await run('--opacity', '0', '--no-legend')
    const { data, info } = await sharp(path('out/photo.overlay.png'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).to.deep.equal([90, 70])
    const { data: photo } = blocksPhoto(90, 70)
    let same = 0
    for (let pixel = 0; pixel < 90 * 70; pixel++)
      if ([0, 1, 2].every(c => Math.abs(data[pixel * info.channels + c] - photo[pixel * 4 + c]) <= 1)) same++
    expect(same, 'pixels outside of outlines').to.be.above(90 * 70 * 0.5)
    const { code, stderr } = await run('--opacity', '2')
    expect(code).to.equal(1)
    expect(stderr).to.match(/Expected a number from 0 to 1/)
  })

  it('--scales accepts a factor twice', async () => {
    const { code, stderr } = await run('--scales', '0.5,0.5')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  })
})
