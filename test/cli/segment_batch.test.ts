// Runs of many photos: manifest, resuming, archives, exit codes and signals.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { packTar } from 'modern-tar'
import sharp from 'sharp'
import type { ManifestRow } from '../../src/cli/segment/manifest.ts'
import { readMaskPng } from '../../src/node/images/mask_png.ts'
import { DeepLab, type Image } from '../../src/node/index.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { atrous, saveTinyModel, startAtrous, writePng } from './support.ts'

describe('atrous segment: many photos', () => {
  const path = useTemporaryFolder()
  beforeEach(() => saveTinyModel(path('model')))

  const args = (out: string, ...more: string[]) => [
    'segment',
    ...more,
    '--model',
    path('model'),
    '--size',
    '33',
    '--out',
    path(out),
  ]
  const segment = (out: string, ...more: string[]) => atrous(...args(out, ...more))

  const photoOf = (seed: number) => blocksPhoto(40 + (seed % 3) * 8, 32, seed)
  async function writePhotos(folder: string, count: number): Promise<void> {
    await mkdir(path(folder), { recursive: true })
    for (let i = 0; i < count; i++) await writePng(path(`${folder}/${i}.png`), photoOf(i))
  }

  const linesOf = (file: string): ManifestRow[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  const rowsOf = (out: string) => linesOf(path(`${out}/manifest.jsonl`))
  const timeless = (rows: ManifestRow[]) => rows.map(row => ({ ...row, milliseconds: 0 }))

  /** The bytes of all results by name. */
  async function resultsOf(out: string): Promise<Map<string, string>> {
    const names = (await readdir(path(out), { recursive: true })).filter(name => name.endsWith('.png')).sort()
    const found = new Map<string, string>()
    for (const name of names) found.set(name, (await readFile(join(path(out), name))).toString('base64'))
    return found
  }

  it('get masks equal to those of single photos, through worker threads, and a row each', async () => {
    await writePhotos('p', 9)
    await writeFile(path('p/4.png'), 'Dear diary,')
    const { code, stdout, stderr } = await segment('out', path('p'))
    expect(code, 'some failed').to.equal(2)
    expect(stdout.split('\n').map(line => line.split(': ')[0])).to.deep.equal(
      [0, 1, 2, 3, 5, 6, 7, 8].map(i => path(`p/${i}.png`)).concat(''),
    )
    expect(stderr).to.match(
      /^8 photos segmented in \d+ s, 1 failed: [\d.e+]+ photos\/s, [\d.e+-]+ MP\/s, GPU at work \d+ % of the time\nerror: [^\n]*4\.png: not a JPEG[^\n]*\n$/,
    )
    const rows = rowsOf('out')
    expect(rows.map(({ key }) => key)).to.deep.equal(['0', '1', '2', '3', '4', '5', '6', '7', '8'])
    expect(rows[4]).to.have.property('error').that.includes('not a JPEG')
    const model = await DeepLab.load(path('model'), { gpu: await testGpu() })
    for (const row of rows) {
      if ('error' in row) continue
      const file = path(`p/${row.key}.png`)
      const alone = await model.segment(file, { size: 33 })
      expect((await readMaskPng(path(`out/${row.key}.mask.png`))).mask).to.deep.equal(alone.mask)
      expect(row.classes).to.deep.equal(alone.classes)
      const { size, mtime } = await stat(file)
      expect(row).to.include({ file, bytes: size, modified: mtime.toISOString(), height: 32 })
      for (const [ending, bytes] of Object.entries(row.results))
        expect((await stat(path(`out/${row.key}.${ending}`))).size).to.equal(bytes)
      expect(Object.keys(row.results)).to.deep.equal(['mask.png', 'overlay.png'])
    }
    await model.dispose()
  })

  it('that cannot be read have size and time in their rows, as docs/batch.md has them; those that are gone have none', async () => {
    await writePhotos('p', 1)
    await writeFile(path('p/b.png'), '')
    await utimes(path('p/b.png'), 1e9, 1e9)
    await writeFile(
      path('list.txt'),
      ['0.png', 'b.png', 'gone.png'].map(name => path(`p/${name}`)).join('\n'),
    )
    expect((await segment('out', '--list', path('list.txt'))).code).to.equal(2)
    const [, empty, gone] = rowsOf('out')
    expect(empty).to.include({ key: 'b', bytes: 0, modified: '2001-09-09T01:46:40.000Z' })
    expect(empty).to.have.keys('file', 'key', 'bytes', 'modified', 'changed', 'run', 'error')
    expect(gone).to.have.keys('file', 'key', 'run', 'error')
  })

  describe('--resume', () => {
    /** The keys of the photos that a run printed a line for, and its code. */
    async function resumed(...more: string[]) {
      const { code, stdout } = await segment('out', path('p'), '--resume', ...more)
      return { code, keys: [...stdout.matchAll(/(\w+)\.png: /g)].map(([, key]) => key) }
    }

    beforeEach(async () => {
      await writePhotos('p', 5)
      await writeFile(path('p/2.png'), 'Dear diary,')
      expect((await segment('out', path('p'))).code).to.equal(2)
    })

    it('keeps what is there and whole, and tries again what failed', async () => {
      const before = await resultsOf('out')
      expect(await resumed()).to.deep.equal({ code: 2, keys: [] })
      await writePng(path('p/2.png'), photoOf(7))
      expect(await resumed()).to.deep.equal({ code: 0, keys: ['2'] })
      expect(rowsOf('out').map(({ key }) => key)).to.deep.equal(['0', '1', '2', '3', '4'])
      for (const [name, bytes] of await resultsOf('out'))
        if (before.has(name)) expect(bytes).to.equal(before.get(name))
    })

    it('computes again where photo, result, model or options have changed (slow)', async () => {
      await rm(path('p/2.png'))
      expect(await resumed()).to.deep.equal({ code: 0, keys: [] })
      await utimes(path('p/1.png'), new Date(), new Date(1e12))
      expect(await resumed()).to.deep.equal({ code: 0, keys: ['1'] })
      await rm(path('out/3.overlay.png'))
      expect(await resumed()).to.deep.equal({ code: 0, keys: ['3'] })
      await writeFile(path('out/4.mask.png'), 'x')
      expect((await resumed()).keys, 'a file of the user').to.deep.equal([])
      expect(rowsOf('out').at(-1)).to.have.property('error').that.includes('--overwrite replaces it')
      expect(await resumed('--overwrite')).to.deep.equal({ code: 0, keys: ['4'] })
      expect((await resumed('--no-legend')).keys).to.deep.equal(['0', '1', '3', '4'])
      const model = await DeepLab.load(path('model'), { gpu: await testGpu() })
      await model.setParameters(
        new Map([...model.state.parameters].map(([name, data]) => [name, data.map(x => x * 0.9)])),
      )
      await model.save(path('model'))
      await model.dispose()
      expect((await resumed('--no-legend')).keys).to.deep.equal(['0', '1', '3', '4'])
    })

    it('takes away the rows of photos that are gone, and --json has the results of earlier runs', async () => {
      await rm(path('p/0.png'))
      await rm(path('p/2.png'))
      const { code, stdout } = await segment('out', path('p'), '--resume', '--json')
      expect(code).to.equal(0)
      const entries = JSON.parse(stdout)
      expect(entries.map(({ file }: { file: string }) => file)).to.deep.equal(
        [1, 3, 4].map(i => path(`p/${i}.png`)),
      )
      expect(entries[0]).to.include({ mask: path('out/1.mask.png'), overlay: path('out/1.overlay.png') })
      expect(rowsOf('out').map(({ key }) => key)).to.deep.equal(['1', '3', '4'])
    })
  })

  it('--resume replaces an .npy of a killed run, which has no mark, and without it no run does', async () => {
    await writePhotos('p', 2)
    const run = (...more: string[]) =>
      segment('out', path('p'), '--probabilities', 'npy', '--no-overlay', ...more)
    expect((await run()).code).to.equal(0)
    const manifest = path('out/manifest.jsonl')
    const [first] = (await readFile(manifest, 'utf8')).split('\n')
    const rows = rowsOf('out')
    await writeFile(manifest, `${first}\n`) // as if killed before the second row
    expect((await run()).stderr).to.include('0.probabilities.npy exists and is not an unchanged result')
    await writeFile(manifest, `${first}\n`)
    expect((await run('--resume')).code).to.equal(0)
    expect(timeless(rowsOf('out'))).to.deep.equal(timeless(rows))
  })

  it('a photo of an archive has its key, and is computed once', async () => {
    await writePhotos('p', 3)
    const entries = [0, 1, 2].map(async i => {
      const body = await readFile(path(`p/${i}.png`))
      return { header: { name: `${i}.png`, size: body.length, mtime: new Date(1e12) }, body }
    })
    await writeFile(path('s-0.tar'), await packTar(await Promise.all(entries)))
    const run = () => segment('out', path('s-*.tar'), '--resume', '--no-overlay')
    const first = await run()
    expect(first.code).to.equal(0)
    expect([...(await resultsOf('out')).keys()]).to.deep.equal(['0', '1', '2'].map(i => `s-0/${i}.mask.png`))
    await rm(path('out/s-0/1.mask.png'))
    const second = await run()
    expect(second).to.include({ code: 0 })
    expect(second.stdout).to.match(/^[^\n]*s-0\.tar\/1\.png: [^\n]+\n$/)
    expect(rowsOf('out').map(({ key }) => key)).to.deep.equal(['s-0/0', 's-0/1', 's-0/2'])
  })

  describe('--resume compares bytes, where size and time are (slow)', () => {
    /** Photos of one size: without compression. */
    const png = ({ width, height, data }: Image) =>
      sharp(data, { raw: { width, height, channels: 4 } })
        .png({ compressionLevel: 0 })
        .toBuffer()
    const keysOf = ({ stdout }: { stdout: string }) =>
      [...stdout.matchAll(/(\w+)\.png: /g)].map(([, key]) => key)

    it('those of another file: its photo is computed again', async () => {
      await mkdir(path('p'))
      const [old, other] = [await png(photoOf(1)), await png(photoOf(4))]
      expect(other.length).to.equal(old.length)
      for (const name of ['a', 'b']) await writeFile(path(`p/${name}.png`), old)
      const run = () => segment('out', path('p'), '--resume')
      expect(keysOf(await run())).to.deep.equal(['a', 'b'])
      const { atime, mtime } = await stat(path('p/a.png'))
      await writeFile(path('p/a.png'), other)
      await utimes(path('p/a.png'), atime, mtime)
      expect(keysOf(await run())).to.deep.equal(['a'])
      const found = await resultsOf('out')
      expect(found.get('a.overlay.png')).to.not.equal(found.get('b.overlay.png'))
      await chmod(path('p/b.png'), 0o600)
      expect(keysOf(await run()), 'the same bytes, touched').to.deep.equal([])
    })

    it('those of another photo in an archive', async () => {
      const write = async (seed: number) => {
        const entries = [seed, 1].map(async (each, i) => {
          const body = await png(photoOf(each))
          return { header: { name: `${i}.png`, size: body.length, mtime: new Date(1e12) }, body }
        })
        await writeFile(path('s.tar'), await packTar(await Promise.all(entries)))
      }
      const run = () => segment('out', path('s.tar'), '--resume', '--no-overlay')
      await write(1)
      expect(keysOf(await run())).to.deep.equal(['0', '1'])
      await write(4)
      expect(keysOf(await run())).to.deep.equal(['0'])
      expect(keysOf(await run())).to.deep.equal([])
    })
  })

  it('the shards write manifests of their own, which together have all photos (slow)', async () => {
    await writePhotos('p', 5)
    for (const shard of ['0/2', '1/2'])
      expect(await segment('out', path('p'), '--shard', shard, '--quiet')).to.deep.equal({
        ...{ code: 0, stdout: '', stderr: '' },
      })
    const keys = ['manifest-0-of-2.jsonl', 'manifest-1-of-2.jsonl'].map(name =>
      linesOf(path(`out/${name}`)).map(({ key }) => key),
    )
    expect(keys).to.deep.equal([
      ['0', '2', '4'],
      ['1', '3'],
    ])
  })

  it('--manifest writes it elsewhere, and replaces no file of the user (slow)', async () => {
    await writePhotos('p', 1)
    await writeFile(path('notes'), 'mine\n')
    const { code, stderr } = await segment('out', path('p/0.png'), '--manifest', path('notes'))
    expect(code).to.equal(1)
    expect(stderr).to.include(`error: ${path('notes')} exists and line 1 is no row of a manifest`)
    expect(await readFile(path('notes'), 'utf8')).to.equal('mine\n')
    expect((await segment('out', path('p/0.png'), '--manifest', path('m.jsonl'))).code).to.equal(0)
    expect(linesOf(path('m.jsonl'))).to.have.length(1)
    expect(await readdir(path('out'))).to.deep.equal(['0.mask.png', '0.overlay.png'])
  })

  it('--list - segments a photo before the next name is known', async () => {
    await writePhotos('p', 3)
    const { child, ended } = startAtrous(args('out', '--list', '-'))
    for (let i = 0; i < 3; i++) {
      child.stdin.write(`${path(`p/${i}.png`)}\n`)
      const [line] = await Promise.race([once(child.stdout, 'data'), ended.then(() => ['none'])])
      expect(line).to.contain(`p/${i}.png: `)
    }
    child.stdin.end()
    expect((await ended).code).to.equal(0)
  })

  describe('a run that is ended (slow)', () => {
    const PHOTOS = 16
    /** The photos after these are large, so that the run still has work when the signal comes. */
    const SMALL_PHOTOS = 6

    /** Starts a run, and sends the signal when some photos are done, and not all. */
    async function endedBy(signal: NodeJS.Signals) {
      const { child, ended } = startAtrous(args('out', path('p'), '--resume'))
      const manifest = path('out/manifest.jsonl')
      const isRunning = () => child.exitCode === null && child.signalCode === null
      const countRows = async () => (await readFile(manifest, 'utf8').catch(() => '')).split('\n').length - 1
      while (isRunning() && (await countRows()) < 4) await sleep(2)
      child.kill(signal)
      const found = await ended
      const rows = await countRows()
      expect(rows, 'photos done when the run ended').to.be.within(4, PHOTOS - 1)
      return { ...found, rows }
    }

    beforeEach(async () => {
      await writePhotos('p', SMALL_PHOTOS)
      const large = blocksPhoto(1200, 900)
      for (let i = SMALL_PHOTOS; i < PHOTOS; i++) await writePng(path(`p/${i}.png`), large)
      await writeFile(path('p/3.png'), 'Dear diary,')
    })

    it('by SIGKILL goes on to the same manifest and the same results', async () => {
      expect((await segment('whole', path('p'))).code).to.equal(2)
      const { code, rows } = await endedBy('SIGKILL')
      expect(code).to.equal(137)
      const { stdout } = await segment('out', path('p'), '--resume')
      expect(stdout.split('\n').length - 1, 'photos of the second run').to.be.within(
        PHOTOS - 1 - rows,
        PHOTOS - rows,
      )
      expect(timeless(rowsOf('out'))).to.deep.equal(timeless(rowsOf('whole')))
      expect(await resultsOf('out')).to.deep.equal(await resultsOf('whole'))
      expect(
        (await readdir(path('out'))).filter(name => name.startsWith('.')),
        'temporary files',
      ).to.deep.equal([])
    })

    it('by SIGTERM finishes what the GPU has, and says how to go on', async () => {
      const { code, stderr, rows } = await endedBy('SIGTERM')
      expect(code).to.equal(143)
      expect(stderr).to.match(
        /\ninterrupted by SIGTERM: the same command with --resume goes on where [^\n]* ends\n$/,
      )
      const done = rowsOf('out')
      expect(done.map(({ key }) => key)).to.deep.equal(Array.from({ length: rows }, (_, i) => String(i)))
      for (const row of done)
        if (!('error' in row)) expect(await resultsOf('out')).to.include.keys(`${row.key}.mask.png`)
      await segment('out', path('p'), '--resume')
      expect(rowsOf('out').map(({ key }) => key)).to.deep.equal(
        Array.from({ length: PHOTOS }, (_, i) => String(i)),
      )
    })
  })
})
