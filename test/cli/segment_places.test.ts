// Where `atrous segment` writes: inside --out whatever photos are called, and never two results to one place.

import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { packTar } from 'modern-tar'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { atrous, saveTinyModel, writePng } from './support.ts'

describe('atrous segment: places of results', () => {
  const path = useTemporaryFolder()
  beforeEach(async () => {
    await saveTinyModel(path('model'))
    await mkdir(path('in'))
    await writePng(path('in/good.png'), blocksPhoto(40, 32))
  })

  const segment = (...args: string[]) =>
    atrous('segment', ...args, '--model', path('model'), '--size', '33', '--no-overlay')
  const photo = (name: string) => cp(path('in/good.png'), path(name))
  const pngsIn = async (folder: string) =>
    (await readdir(path(folder), { recursive: true })).filter(name => name.endsWith('.mask.png')).sort()
  async function pack(name: string, names: string[]): Promise<void> {
    const body = await readFile(path('in/good.png'))
    const packed = await packTar(names.map(each => ({ header: { name: each, size: body.length }, body })))
    await writeFile(path(name), packed)
  }

  const BAD = { '...png': '..', '..png': '.', 'aux.png': 'aux', 'Com1.x.png': 'Com1.x', 'a\\b.png': 'a\\b' }
  for (const [name, shown] of Object.entries(BAD))
    it(`are never made of ${name}, as a file, in a folder or in a list; other photos get theirs${name === '...png' ? '' : ' (slow)'}`, async () => {
      await photo(`in/${name}`)
      await writeFile(path('list'), `${path('in/good.png')}\n${path(`in/${name}`)}`)
      const inputs = [[path(`in/${name}`), path('in/good.png')], ['--list', path('list')], [path('in')]]
      if (name.startsWith('.')) inputs.pop() // a hidden file of a folder is no photo
      for (const [i, each] of inputs.entries()) {
        const { code, stderr } = await segment(...each, '--out', path(`deep/${i}/out`), '--quiet')
        expect(stderr).to.equal(
          `error: ${path(`in/${name}`)}: its results cannot be called "${shown}": rename it\n`,
        )
        expect(code).to.equal(2)
      }
      const masks = inputs.map((_, i) => `${i}/out/good.mask.png`)
      expect(await pngsIn('deep')).to.deep.equal(masks)
      expect((await readdir(path('.'))).sort()).to.deep.equal(['deep', 'in', 'list', 'model'])
    })

  it('are written to standard output for a photo of any name', async () => {
    await photo('in/...png')
    const { code, stdout } = await segment(path('in/...png'), '--out', '-')
    expect([code, stdout.slice(1, 4)]).to.deep.equal([0, 'PNG'])
  })

  it('are never made of such names in an archive', async () => {
    const bad = ['a/nul/b.png', 'C:/b.png', 'a/../...png', 'lpt1.png']
    await pack('x.tar', [...bad, '.../b.png', 'a/good.png'])
    const { code, stderr } = await segment(path('x.tar'), '--out', path('deep/out'), '--quiet')
    expect(code).to.equal(2)
    expect(stderr.split('\n').filter(Boolean)).to.deep.equal(
      ['a/nul/b', 'C:/b', 'lpt1'].map(
        key => `error: ${path(`x.tar/${key}.png`)}: its results cannot be called "x/${key}": rename it`,
      ),
    )
    expect(await pngsIn('deep')).to.deep.equal(['out/x/.../b.mask.png', 'out/x/a/good.mask.png'])
  })

  it('are there for the whole photos of an archive that is cut off within one, which is one line', async () => {
    await pack('x.tar', ['a.png', 'b.png', 'c.png'])
    const whole = await readFile(path('x.tar'))
    await writeFile(path('x.tar'), whole.subarray(0, whole.length / 2))
    const { code, stderr } = await segment(path('x.tar'), '--out', path('out'), '--quiet')
    expect(stderr).to.match(/^(error: \S+: not a tar archive, or damaged \([^\n]+\)\n)+$/)
    expect([code, await pngsIn('out')]).to.deep.equal([2, ['x/a.mask.png']])
  })

  it('are two for photos of one path in a folder and in an archive', async () => {
    await mkdir(path('in/X'))
    await photo('in/X/a.png')
    await pack('x.tar', ['a.png', 'A.png'])
    for (const [inputs, masks] of [
      [
        ['in', 'x.tar'],
        ['X/a.mask.png', 'good.mask.png', 'x-2/A-2.mask.png', 'x-2/a.mask.png'],
      ],
      [
        ['x.tar', 'in'],
        ['X-2/a.mask.png', 'good.mask.png', 'x/A-2.mask.png', 'x/a.mask.png'],
      ],
    ]) {
      const out = `out-${inputs[0]}`
      const ended = await segment(...inputs.map(path), '--recursive', '--out', path(out), '--json')
      expect(
        JSON.parse(ended.stdout)
          .map(({ mask }: { mask: string }) => mask)
          .sort(),
      ).to.deep.equal(masks.map(mask => path(`${out}/${mask}`)))
      expect(await pngsIn(out)).to.deep.equal(masks)
    }
  })

  it('are refused in one line each, whatever characters a name has', async () => {
    const name = 'a\n\u001b[2J.png'
    await writeFile(path(`in/${name}`), 'Dear diary,')
    const { stdout, stderr } = await segment(path(`in/${name}`), '--out', path('out'), '--json')
    expect(stderr).to.match(/^error: [^\p{C}\p{Zl}]*a\?\?\[2J\.png: not a JPEG[^\p{C}]*\n$/u)
    const [{ file, error }] = JSON.parse(stdout)
    expect([file, `error: ${error}\n`]).to.deep.equal([path(`in/${name}`), stderr])
  })

  it('are never outside --out by a symbolic link in it; --out itself may be one', async () => {
    await mkdir(path('in/x/y'), { recursive: true })
    await photo('in/x/y/a.png')
    await mkdir(path('real'))
    await mkdir(path('elsewhere'))
    await symlink(path('real'), path('out'))
    await symlink(path('elsewhere'), path('real/x'))
    const { code, stderr } = await segment(path('in'), '--recursive', '--out', path('out'), '--quiet')
    expect(stderr).to.equal(`error: ${path('in/x/y/a.png')}: x/y/a.png: a symbolic link leads out of --out\n`)
    expect([code, await readdir(path('elsewhere')), await pngsIn('real')]).to.deep.equal([
      ...[2, [], ['good.mask.png']],
    ])
  })
})
