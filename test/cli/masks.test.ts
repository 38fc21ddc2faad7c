// `atrous masks`: colours to class ids by a table.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { openDataset } from '../../src/node/datasets/open.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous } from './support.ts'

describe('atrous masks', () => {
  const path = useTemporaryFolder()
  const convert = (...more: string[]) =>
    atrous('masks', path('mine/rgb'), path('mine/masks'), '--colours', path('colours.txt'), ...more)
  /** A picture of one row, with a pixel of each colour. */
  const writeColours = (name: string, ...colours: number[][]) =>
    sharp(Uint8Array.from(colours.flat()), { raw: { width: colours.length, height: 1, channels: 3 } })
      .png()
      .toFile(path(`mine/rgb/${name}.png`))

  beforeEach(async () => {
    await mkdir(path('mine/rgb'), { recursive: true })
    await mkdir(path('mine/images'), { recursive: true })
    await writeFile(path('colours.txt'), '0 0 0\tvoid\n128 64 128\troad\n64 0 128\tcar\n\n64 128 192\tcar\n')
    await writeColours('a', [128, 64, 128], [64, 0, 128], [64, 128, 192], [0, 0, 0])
  })

  it('writes class ids and classes.txt, which make a dataset', async () => {
    await sharp({ create: { width: 4, height: 1, channels: 3, background: 'red' } }).toFile(
      path('mine/images/a.jpg'),
    )
    const { code, stdout } = await convert()
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: `1 masks of 2 classes: ${path('mine/masks')}, ${path('mine/classes.txt')}\n`,
    })
    expect([...(await readMaskPng(path('mine/masks/a.png'))).mask]).to.deep.equal([0, 1, 1, 255])
    expect(await readFile(path('mine/classes.txt'), 'utf8')).to.equal('road\ncar\n')
    const dataset = await openDataset(`folder:${path('mine')}`, { split: 'all' })
    expect(dataset.classNames).to.deep.equal(['road', 'car'])
    expect([...(await dataset.read(0)).mask]).to.deep.equal([0, 1, 1, 255])
  })

  it('reads a table with names first and a heading', async () => {
    await writeFile(
      path('colours.txt'),
      'name,r,g,b\nlarge road,128,64,128\ncar 2,64,0,128\nsign,64,128,192\nVoid,0,0,0\n',
    )
    expect((await convert()).code).to.equal(0)
    expect([...(await readMaskPng(path('mine/masks/a.png'))).mask]).to.deep.equal([0, 1, 2, 255])
    expect(await readFile(path('mine/classes.txt'), 'utf8')).to.equal('large road\ncar 2\nsign\n')
  })

  it('replaces no mask and no classes of another table', async () => {
    await convert()
    const again = await convert()
    expect([again.code, again.stderr]).to.deep.equal([
      1,
      `error: ${path('mine/masks/a.png')} exists: --overwrite replaces it\n`,
    ])
    expect((await convert('--overwrite')).code).to.equal(0)
    await writeFile(path('mine/classes.txt'), 'car\nroad\n')
    expect((await convert('--overwrite')).stderr).to.equal(
      `error: ${path('mine/classes.txt')}: expected the names of the table in their order, road, car; got car, road\n`,
    )
  })

  it('names a colour without a line, a wrong line, and a missing table or folder', async () => {
    await writeColours('b', [0, 0, 0], [1, 2, 3])
    const { code, stderr } = await convert()
    expect([code, stderr]).to.deep.equal([
      1,
      `error: ${path('mine/rgb/b.png')}: the pixel at 1, 0 has the colour 1 2 3, which no line of the table has\n`,
    ])
    const tables: [string, RegExp][] = [
      [
        '1 2 3 a\n4 5 b\n',
        /colours\.txt: line 2: expected red, green and blue from 0 to 255 and a name, .*got 4 5 b/,
      ],
      ['1 2 256 a\n4 5 6 b\n', /colours\.txt: line 1: expected red, green/],
      ['1 2 3 a\n1 2 3 b\n', /colours\.txt: line 2: this colour is listed twice/],
      ['1 2 3 a\n', /colours\.txt: expected 2 to 255/],
    ]
    for (const [table, expected] of tables) {
      await writeFile(path('colours.txt'), table)
      expect((await convert()).stderr).to.match(expected)
    }
    const missing = await atrous('masks', path('no'), path('out'), '--colours', path('colours.txt'))
    expect(missing.code).to.equal(1)
  })
})
