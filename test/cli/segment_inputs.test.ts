// Which photos `atrous segment` finds in folders, lists and archives, and the names of their results.

import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { packTar, type TarEntry } from 'modern-tar'
import { loaded } from '../../src/cli/segment/input_photo.ts'
import { findFiles, type InputOptions, photosOf } from '../../src/cli/segment/segment_inputs.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { atrous } from './support.ts'

describe('atrous segment: inputs', () => {
  const path = useTemporaryFolder()

  /** File and key of each photo, or its error. The folder of the test is left out. */
  async function found(options: Partial<InputOptions>) {
    const photos: string[] = []
    for await (const each of findFiles({ named: [], ...options }))
      for await (const { file, key, error } of photosOf(each))
        photos.push(error?.message ?? `${file} → ${key}`)
    return photos.map(text => text.replaceAll(`${path('')}/`, ''))
  }
  const touch = async (...names: string[]) => {
    for (const name of names) {
      await mkdir(path(name.replace(/[^/]*$/, '')), { recursive: true })
      await writeFile(path(name), name)
    }
  }

  it('--recursive takes subfolders, and keeps them in the names of the results', async () => {
    await touch(
      'p/b.jpg',
      'p/a-10.png',
      'p/a-2.png',
      'p/z/b.jpg',
      'p/z/b.webp',
      'p/z/y/B.jpg',
      'p/z/y/b.mask.png',
    )
    await touch('p/.git/x.png', 'p/empty/notes.txt')
    expect(await found({ named: [path('p')], recursive: true })).to.deep.equal([
      'p/a-2.png → a-2',
      'p/a-10.png → a-10',
      'p/b.jpg → b',
      'p/z/b.jpg → z/b',
      'p/z/b.webp → z/b-2',
      'p/z/y/B.jpg → z/y/B',
    ])
    expect(await found({ named: [path('p')] })).to.have.length(3)
    expect(await found({ named: [path('p/empty')], recursive: true })).to.deep.equal([
      'p/empty: no JPEG, PNG, WebP, AVIF, TIFF or GIF file in this folder or its subfolders',
    ])
  })

  for (const [ending, title] of [
    ['\n', 'lines'],
    ['\r\n', 'lines of Windows'],
    ['\0', 'NUL characters'],
  ])
    it(`--list: names by ${title}, each once, without results of earlier runs`, async () => {
      const names = ['p/b c.jpg', 'p/ünï.png', 'q/b c.jpg', 'p/b c.mask.png', 'p/../p/b c.jpg', 'p/none.jpg']
      for (const last of ['', ending]) {
        await writeFile(path('list'), names.map(path).join(ending) + last)
        expect(await found({ list: path('list') })).to.deep.equal([
          'p/b c.jpg → b c',
          'p/ünï.png → ünï',
          'q/b c.jpg → b c-2',
          'p/none.jpg → none',
        ])
      }
    })

  it('--list - reads names from standard input as they come', async () => {
    const { stdin } = process
    async function* names() {
      for (let i = 0; ; i++)
        yield Buffer.from(`photo-${i}.jpg\nphoto-${i}.pn`.slice(0, i % 2 ? undefined : -4))
    }
    Object.defineProperty(process, 'stdin', { value: Readable.from(names()), configurable: true })
    try {
      const files: string[] = []
      for await (const { file } of findFiles({ named: ['first.jpg'], list: '-' })) {
        files.push(file)
        if (files.length === 3) break
      }
      expect(files.slice(0, 2)).to.deep.equal(['first.jpg', 'photo-0.jpg'])
    } finally {
      Object.defineProperty(process, 'stdin', { value: stdin, configurable: true })
    }
  })

  it('--list of a file that is missing or is no list ends with one line', async () => {
    expect(await atrous('segment', '--list', path('none'))).to.deep.equal({
      ...{ code: 1, stdout: '', stderr: `error: ${path('none')}: no such file or folder\n` },
    })
    await writeFile(path('bytes'), 'x'.repeat(2 ** 18))
    expect((await atrous('segment', '--list', path('bytes'))).stderr).to.match(
      /^error: --list [^\n]*: a name of over 65536 characters; expected one on each line\n$/,
    )
    expect((await atrous('segment')).stderr).to.match(/^error: expected photos: [^\n]*\n$/)
    expect((await atrous('segment', '-', '--list', '-')).stderr).to.match(/^error: --list -: [^\n]*\n$/)
  })

  describe('--shard', () => {
    it('gives each photo to one shard, under the name that it has without shards', async () => {
      await touch(...Array.from({ length: 10 }, (_, i) => `p/${i % 4}/same.jpg${i > 3 ? `.${i}.png` : ''}`))
      const inputs = { named: [path('p/*/*')] }
      const shards: string[][] = []
      for (const index of [0, 1, 2]) shards.push(await found({ ...inputs, shard: { index, count: 3 } }))
      expect(shards.map(({ length }) => length)).to.deep.equal([4, 3, 3])
      expect(shards.flat().sort()).to.deep.equal((await found(inputs)).sort())
    })

    it('takes its number from Kubernetes', async () => {
      const run = (...args: string[]) => atrous('segment', path('none.jpg'), ...args)
      try {
        delete process.env.JOB_COMPLETION_INDEX
        expect((await run('--shard', '/2')).stderr).to.include('JOB_COMPLETION_INDEX, got none')
        process.env.JOB_COMPLETION_INDEX = '0'
        expect((await run('--shard', '/2')).stderr).to.equal(
          `error: ${path('none.jpg')}: no such file or folder\n`,
        )
        expect((await run()).stderr).to.include('warning: JOB_COMPLETION_INDEX is set')
        process.env.JOB_COMPLETION_INDEX = '2'
        expect((await run('--shard', '/2')).stderr).to.include(
          'Expected a number from 0 to 1 before /2, got 2.',
        )
      } finally {
        delete process.env.JOB_COMPLETION_INDEX
      }
      for (const wrong of ['2/2', '1', 'a/2', '0/0', '-1/2', '1.5/3'])
        expect((await run('--shard', wrong)).code, wrong).to.equal(1)
    })

    it('that has no photo is no error', async () => {
      await touch('a.jpg')
      expect(await atrous('segment', path('a.jpg'), '--shard', '1/2')).to.include({ code: 0, stdout: '' })
    })
  })

  describe('a tar archive', () => {
    const file = (name: string, body: string): TarEntry => ({
      header: { name, size: body.length, mtime: new Date(1e12), type: 'file' },
      body,
    })
    const pack = async (name: string, entries: TarEntry[]) => {
      await mkdir(path('data'), { recursive: true })
      await writeFile(path(name), await packTar(entries))
    }

    it('gives photos by key, as WebDataset names them, and their bytes', async () => {
      await pack('data/shard-0.tar', [
        { header: { name: 'deep/', size: 0, type: 'directory' } },
        file('000042.jpg', 'first'),
        file('000042.cls', '7'),
        file('000042.left.png', 'second'),
        file('000042.mask.png', 'a label'),
        file('deep/000043.JPG', 'third'),
      ])
      await pack('data/shard-1.tar', [file('000042.jpg', 'other')])
      expect(await found({ named: [path('data/*.tar')] })).to.deep.equal([
        'data/shard-0.tar/000042.jpg → shard-0/000042',
        'data/shard-0.tar/000042.left.png → shard-0/000042.left',
        'data/shard-0.tar/deep/000043.JPG → shard-0/deep/000043',
        'data/shard-1.tar/000042.jpg → shard-1/000042',
      ])
      const texts: string[] = []
      for await (const each of findFiles({ named: [path('data/shard-0.tar')] }))
        for await (const photo of photosOf(each)) {
          expect(photo.stamp).to.include({ modified: new Date(1e12).toISOString() })
          // The second photo is skipped, as when its results are there.
          if (texts.length !== 1) texts.push(Buffer.from((await loaded(photo)) as Uint8Array).toString())
          else texts.push('')
        }
      expect(texts).to.deep.equal(['first', '', 'third'])
    })

    it('with a name that leads out of it gives an error, and the other photos', async () => {
      await pack('data/a.tar', [file('../../x.jpg', 'x'), file('/etc/y.jpg', 'y'), file('z.jpg', 'z')])
      expect(await found({ named: [path('data/a.tar')] })).to.deep.equal([
        'data/a.tar/../../x.jpg: this name leads out of the archive',
        'data/a.tar//etc/y.jpg: this name leads out of the archive',
        'data/a.tar/z.jpg → a/z',
      ])
    })

    it('with a time that no calendar has gives its photos', async () => {
      const { header, body } = file('a.jpg', 'x')
      const odd = ['1e300', '-1e300'].map((mtime, i) => ({
        ...{ header: { ...header, name: `${i}.jpg`, pax: { mtime } }, body },
      }))
      await pack('data/a.tar', [...odd, file('z.jpg', 'z')])
      const times: string[] = []
      for await (const each of findFiles({ named: [path('data/a.tar')] }))
        for await (const { stamp, error } of photosOf(each)) times.push(error?.message ?? stamp!.modified)
      const never = '1970-01-01T00:00:00.000Z'
      expect(times).to.deep.equal([never, never, '2001-09-09T01:46:40.000Z'])
    })

    it('that ends anywhere ends the reading of its photos, too', async () => {
      await pack('data/a.tar', [file('1.jpg', 'x'.repeat(900)), file('2.jpg', 'y'.repeat(900))])
      const { size } = await stat(path('data/a.tar'))
      for (let end = size - 100; end > 0; end -= 100) {
        await truncate(path('data/a.tar'), end)
        const texts: string[] = []
        for await (const each of findFiles({ named: [path('data/a.tar')] }))
          for await (const photo of photosOf(each)) {
            const bytes = photo.error ? photo.error : await loaded(photo).catch(error => error)
            texts.push(bytes instanceof Error ? bytes.message : 'read')
          }
        expect(texts.join('\n'), `${end} bytes`).to.match(
          /^(read\n){0,2}(\S+a\.tar: (not a tar archive|no JPEG).*(\n|$)){0,2}$/,
        )
      }
    })

    it('that is damaged, missing, empty or none gives an error after its photos', async () => {
      await pack('data/a.tar', [file('1.jpg', 'x'), file('2.jpg', 'y'.repeat(2000))])
      await truncate(path('data/a.tar'), 1800)
      const photos = await found({ named: [path('data/a.tar')] })
      expect(photos.slice(0, 2)).to.deep.equal(['data/a.tar/1.jpg → a/1', 'data/a.tar/2.jpg → a/2'])
      expect(photos[2]).to.match(/^data\/a\.tar: not a tar archive, or damaged \([^\n]+\)$/)
      await writeFile(path('data/b.tar'), Buffer.alloc(3000, 'no archive '))
      await pack('data/c.tar', [file('notes.txt', 'x')])
      const [none, noTar, empty] = await found({
        named: ['data/none.tar', 'data/b.tar', 'data/c.tar'].map(path),
      })
      expect(none).to.equal('data/none.tar: no such file or folder')
      expect(noTar).to.match(/^data\/b\.tar: not a tar archive, or damaged \([^\n]+\)$/)
      expect(empty).to.equal('data/c.tar: no JPEG, PNG, WebP, AVIF, TIFF or GIF file in this archive')
    })
  })
})
