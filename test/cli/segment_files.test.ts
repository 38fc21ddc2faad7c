// The photos that `atrous segment` finds, and the files that it writes and replaces.

import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { basename, relative } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { decode } from 'fast-png'
import sharp from 'sharp'
import { findFiles } from '../../src/cli/segment/segment_inputs.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { serveStatic } from '../support/static_server.ts'
import { atrous, saveTinyModel } from './support.ts'

describe('atrous segment: files', () => {
  const path = useTemporaryFolder()

  const writePhoto = (name: string, background = 'red') =>
    sharp({ create: { width: 48, height: 32, channels: 3, background } }).toFile(path(name))

  /** A model is needed only if something is computed. */
  const segment = (...args: string[]) => atrous('segment', ...args, '--model', path('model'), '--size', '33')

  describe('inputs', () => {
    const filesOf = async (...named: string[]) => {
      const files: string[] = []
      for await (const { file, error } of findFiles({ named })) files.push(error?.message ?? file)
      return files
    }
    const found = (...named: string[]) => filesOf(...named.map(path))

    beforeEach(async () => {
      await mkdir(path('a/below'), { recursive: true })
      const names = ['a/photo-10.jpg', 'a/photo-2.JPEG', 'a/old.TIF', 'a/below/deep.webp', 'a/._photo-2.jpg']
      const others = ['a/photo-2.mask.png', 'a/photo-2.overlay.png', 'a/notes.txt', 'a/set[1].png']
      for (const name of [...names, ...others]) await writeFile(path(name), '')
    })

    it('a folder gives its images without hidden files and results, with numbers in order of value', async () => {
      expect(await found('a')).to.deep.equal(
        ['old.TIF', 'photo-2.JPEG', 'photo-10.jpg', 'set[1].png'].map(name => path(`a/${name}`)),
      )
    })

    it('a pattern that the shell has not expanded', async () => {
      expect(await found('a/*.jp*g')).to.deep.equal([path('a/photo-10.jpg')])
      expect(await filesOf(relative('.', path('a/*.jp*g')))).to.deep.equal([
        relative('.', path('a/photo-10.jpg')),
      ])
      expect((await found('**/*.{webp,jpg}')).map(file => basename(file))).to.deep.equal([
        'deep.webp',
        'photo-10.jpg',
      ])
    })

    it('a file whose name looks like a pattern', async () => {
      expect(await found('a/set[1].png')).to.deep.equal([path('a/set[1].png')])
    })

    it('each photo once, even if it has several names', async () => {
      expect(await found('a/old.TIF', 'a', 'a/../a/old.TIF')).to.have.length(4)
    })

    it('results and hidden files, if they are named explicitly', async () => {
      const names = ['a/photo-2.mask.png', 'a/._photo-2.jpg']
      expect(await found(...names)).to.deep.equal(names.map(path))
    })

    it('all are checked before the model is searched, without reading them whole', async () => {
      await mkdir(path('many'))
      await writePhoto('many/1.png')
      await truncate(path('many/1.png'), 1.5 * 2 ** 30) // a sparse file
      await writeFile(path('many/2.png'), 'no image')
      await writeFile(path('many/3.png'), '')
      const before = process.resourceUsage().maxRSS
      const { code, stderr } = await segment(path('many'))
      expect(process.resourceUsage().maxRSS - before, 'kilobytes').to.be.below(2 ** 20)
      expect(code).to.equal(1)
      expect(stderr.split('\n').filter(Boolean)).to.deep.equal([
        `error: ${path('many/2.png')}: not a JPEG, PNG, WebP, AVIF, TIFF or GIF image, or a damaged one`,
        `error: ${path('many/3.png')}: the file is empty`,
        `error: ${path('model')}: no such file or folder`,
      ])
    })
  })

  describe('replaces', () => {
    beforeEach(async () => {
      await saveTinyModel(path('model'))
      await mkdir(path('gt'))
      await writePhoto('gt/bird.png')
    })

    it('an earlier result, but other files only with --overwrite', async () => {
      const run = (...args: string[]) => segment(path('gt/bird.png'), '--out', path('gt'), ...args)
      const mask = path('gt/bird.mask.png')
      expect(await run()).to.include({ code: 0, stderr: '' })
      expect(await run(), 'a second run').to.include({ code: 0, stderr: '' })

      const truth = await sharp({ create: { width: 48, height: 32, channels: 3, background: 'black' } })
        .greyscale()
        .png()
        .toBuffer()
      await writeFile(mask, truth)
      const refused = await run()
      expect(refused).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `error: ${mask} exists and is not an unchanged result of atrous segment: --overwrite replaces it, --out takes another folder\n`,
      })
      expect(await readFile(mask)).to.deep.equal(truth)

      expect(await run('--overwrite')).to.include({ code: 0, stderr: '' })
      expect(await readFile(mask)).not.to.deep.equal(truth)
    })

    it('never a photo, under any name', async () => {
      const mask = path('gt/bird.mask.png')
      const photo = await readFile(path('gt/bird.png'))
      for (const makeLink of [link, symlink]) {
        await makeLink(path('gt/bird.png'), mask)
        const { code, stderr } = await segment(path('gt/bird.png'), '--out', path('gt'), '--overwrite')
        expect({ code, stderr }).to.deep.equal({
          code: 1,
          stderr: `error: ${mask} is one of the photos: --out takes another folder\n`,
        })
        expect(await readFile(mask)).to.deep.equal(photo)
        await rm(mask)
      }
      await writePhoto('gt/bird.overlay.png')
      const both = [path('gt/bird.overlay.png'), path('gt/bird.png')]
      expect((await segment(...both, '--out', path('gt'), '--overwrite')).stderr).to.include(
        'bird.overlay.png is one of the photos',
      )
    })

    it('neither a folder nor the target of a broken link', async () => {
      await mkdir(path('out/bird.mask.png'), { recursive: true })
      await symlink(path('none'), path('out/bird.overlay.png'))
      const run = (...args: string[]) => segment(path('gt/bird.png'), '--out', path('out'), ...args)
      expect((await run('--no-overlay')).stderr).to.include('bird.mask.png: is a folder, not a file')
      expect((await run('--no-mask')).stderr).to.include('bird.overlay.png exists and is not')
    })
  })

  describe('output', () => {
    beforeEach(async () => {
      await saveTinyModel(path('model'))
      await writePhoto('photo.png')
    })

    it('--no-overlay, --no-mask, and a folder', async () => {
      await mkdir(path('photos'))
      await writePhoto('photos/a.png')
      const { stdout } = await segment(path('photos'), '--no-overlay', '--out', path('masks'))
      expect(await readdir(path('masks'))).to.deep.equal(['a.mask.png', 'manifest.jsonl'])
      expect(stdout).to.include(`→ ${path('masks/a.mask.png')} (`)
      const { stdout: json } = await segment(
        ...[path('photos'), '--no-overlay', '--no-mask', '--out', path('none'), '--json'],
      )
      expect(existsSync(path('none'))).to.equal(false)
      expect(JSON.parse(json)[0]).to.have.all.keys('file', 'width', 'height', 'classes', 'milliseconds')
    })

    it('--quiet prints errors only', async () => {
      const ended = await segment(path('photo.png'), path('none.png'), '--out', path('out'), '--quiet')
      expect(ended).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: `error: ${path('none.png')}: no such file or folder\n`,
      })
      expect(existsSync(path('out/photo.mask.png'))).to.equal(true)
    })

    it('photos at URLs, whose secrets no message shows', async () => {
      const photo = await readFile(path('photo.png'))
      const server = await serveStatic(at => (at.includes('none') ? undefined : { body: photo }))
      const urls = ['deep/pets.png?key=secret', 'deep/pets.png?key=other', 'none.png'].map(
        name => `${server.url}/${name}`,
      )
      await writeFile(path('list'), `${urls[0]}\n${path('photo.png')}`)
      try {
        const { code, stdout, stderr } = await segment(...urls, '--out', path('out'), '--no-overlay')
        expect([code, stdout.match(/^http.*?: /gm)]).to.deep.equal([
          ...[2, Array(2).fill(`${server.url}/deep/pets.png?…: `)],
        ])
        expect(stderr).to.match(/^error: http:\/\/[\d.:]+\/none\.png: not found \(HTTP 404\)$/m)
        expect((await readdir(path('out'))).filter(name => name.endsWith('png'))).to.deep.equal([
          ...['pets-2.mask.png', 'pets.mask.png'],
        ])
        expect(await readFile(path('out/manifest.jsonl'), 'utf8')).to.not.include('secret')
        const one = await segment(urls[0], '--out', '-')
        expect(one).to.include({ code: 0, stderr: '' })
        expect((await segment('--list', path('list'), '--out', path('listed'))).code).to.equal(0)
        expect(await readdir(path('listed'))).to.include.members(['pets.mask.png', 'photo.mask.png'])
        expect((await segment('http://[', '--out', path('out'))).stderr).to.equal(
          'error: http://[: this is not a URL\n',
        )
      } finally {
        server.close()
      }
    })

    it('standard input to standard output', async () => {
      const { stdin } = process
      const from = async (bytes: Uint8Array, ...args: string[]) => {
        Object.defineProperty(process, 'stdin', { value: Readable.from([bytes]), configurable: true })
        try {
          return await segment('-', ...args)
        } finally {
          Object.defineProperty(process, 'stdin', { value: stdin, configurable: true })
        }
      }
      const photo = await readFile(path('photo.png'))
      const mask = await from(photo, '--out', '-')
      expect(mask).to.include({ code: 0, stderr: '' })
      expect(decode(Buffer.from(mask.stdout, 'latin1'), { checkCrc: true })).to.include({
        ...{ width: 48, height: 32, channels: 1 },
      })
      const overlay = await from(photo, '--out', '-', '--no-mask')
      expect(decode(Buffer.from(overlay.stdout, 'latin1')).channels).to.equal(3)
      await from(photo, '--out', path('out'))
      expect(await readdir(path('out'))).to.deep.equal(['stdin.mask.png', 'stdin.overlay.png'])
      expect((await from(Buffer.from('Dear diary,'))).stderr).to.match(/^error: -: not a JPEG/)
      expect((await from(Buffer.alloc(0))).stderr).to.equal('error: -: the file is empty\n')
    })

    it('--out - is for one photo, and not for a terminal', async () => {
      const refusal = async (...args: string[]) => (await segment(...args, '--out', '-')).stderr
      const photo = path('photo.png')
      await writePhoto('other.png')
      expect(await refusal(photo, path('other.png'))).to.include('--out - takes the result of one photo')
      expect(await refusal(photo, '--no-mask', '--no-overlay')).to.include('leave nothing to write')
      expect(await refusal(photo, '--json')).to.include('cannot take both a PNG and --json')
      expect(await refusal(photo, '--explain')).to.include('cannot take both a PNG and --explain')
    })
  })

  describe('--json is complete', () => {
    it('if some photos fail', async () => {
      await saveTinyModel(path('model'))
      await writePhoto('photo.png')
      await writeFile(path('notes.jpg'), 'Dear diary,')
      const files = ['none.png', 'photo.png', 'notes.jpg'].map(path)
      const { code, stdout } = await segment(...files, '--out', path('out'), '--json')
      const entries = JSON.parse(stdout)
      expect(code).to.equal(2)
      expect(entries.map(({ file }: { file: string }) => file)).to.deep.equal(files)
      expect(entries[0]).to.deep.equal({ file: files[0], error: `${files[0]}: no such file or folder` })
      expect(entries[1]).to.include.keys('classes', 'mask')
      expect(entries[2].error).to.include('not a JPEG')
    })

    it('if all photos fail, or the model', async () => {
      await writePhoto('photo.png')
      const run = async (...files: string[]) => {
        const { code, stdout, stderr } = await segment(...files, '--out', path('out'), '--json')
        expect(code).to.equal(1)
        expect(stderr).to.match(/^error: [^\n]+\n$/)
        return JSON.parse(stdout)
      }
      const [missing, photo] = [path('none.png'), path('photo.png')]
      expect(await run(missing)).to.deep.equal([
        { file: missing, error: `${missing}: no such file or folder` },
      ])
      expect(await run(photo)).to.deep.equal([
        { file: photo, error: `${path('model')}: no such file or folder` },
      ])
    })
  })
})
