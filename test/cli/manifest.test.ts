import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import { type DoneRow, Manifest } from '../../src/cli/segment/manifest.ts'
import { rejection, useTemporaryFolder } from '../node/support.ts'
import { processorMilliseconds } from '../support/processor_time.ts'

describe('Manifest', () => {
  const path = useTemporaryFolder()

  const row = (key: string, run = 'r'): DoneRow => ({
    ...{ file: `${key}.jpg`, key, run, bytes: 3, modified: '2026-01-01T00:00:00.000Z' },
    ...{ width: 4, height: 2, classes: [], results: { 'mask.png': 70 }, sha256: '', milliseconds: 5 },
  })
  const file = () => path('out/manifest.jsonl')
  const keys = async () =>
    (await readFile(file(), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line).key)

  /** Writes rows as a process that is killed before it has finished. */
  async function killedAfter(...rows: DoneRow[]) {
    const manifest = await Manifest.open(file())
    for (const each of rows) await manifest.add(each)
    await manifest.close()
  }

  it('has a row as soon as it is added', async () => {
    const manifest = await Manifest.open(file())
    await manifest.add(row('a'))
    expect(await keys()).to.deep.equal(['a'])
    await manifest.add({ file: 'ü.jpg', key: 'ü', run: 'r', error: 'ü.jpg: the file is empty' })
    await manifest.finish()
    await manifest.close()
    expect(JSON.parse((await readFile(file(), 'utf8')).split('\n')[1]).error).to.equal(
      'ü.jpg: the file is empty',
    )
  })

  it('goes on after half a row, and ends with one row for each photo in their order', async () => {
    await killedAfter(row('a'), row('ü'), row('gone'), row('c', 'older'))
    await appendFile(file(), '{"file":"d.jpg","key":"')
    const manifest = await Manifest.open(file(), { resume: true })
    expect(manifest.isResumed).to.equal(true)
    expect(await manifest.find('ü')).to.deep.equal(row('ü'))
    expect(await manifest.find('d')).to.equal(undefined)
    manifest.keep('a')
    await manifest.add(row('b'))
    manifest.keep('ü')
    await manifest.add(row('c'))
    expect(await keys(), 'before the end').to.deep.equal(['a', 'ü', 'gone', 'c', 'b', 'c'])
    await manifest.finish()
    await manifest.close()
    expect(await keys()).to.deep.equal(['a', 'b', 'ü', 'c'])
    const last = (await readFile(file(), 'utf8')).trim().split('\n').at(-1)!
    expect(JSON.parse(last)).to.deep.equal(row('c'))
  })

  it('of several rows of a photo, the last one counts', async () => {
    await killedAfter(row('a', 'older'), row('a', 'newer'))
    const manifest = await Manifest.open(file(), { resume: true })
    expect(await manifest.find('a')).to.include({ run: 'newer' })
    await manifest.close()
  })

  it('replaces an earlier manifest without `resume`', async () => {
    await killedAfter(row('a'))
    await killedAfter(row('b'))
    expect(await keys()).to.deep.equal(['b'])
  })

  it('replaces no other file, unless it may', async () => {
    await killedAfter()
    for (const text of [
      '{"mine":1}\n',
      '{"mine":1}',
      'notes\nnotes',
      `${JSON.stringify(row('a'))}\nnotes\n`,
    ]) {
      await writeFile(file(), text)
      for (const resume of [false, true]) {
        if (!resume && text.startsWith('{"file')) continue
        const error = await rejection(Manifest.open(file(), { resume }))
        expect(error.message).to.match(/exists and line \d is no row of a manifest: --overwrite replaces it/)
        expect(await readFile(file(), 'utf8')).to.equal(text)
      }
      const manifest = await Manifest.open(file(), { overwrite: true })
      await manifest.close()
      expect(await readFile(file(), 'utf8')).to.equal('')
    }
  })

  it('is of one process at a time', async () => {
    const manifest = await Manifest.open(file())
    expect((await rejection(Manifest.open(file()))).message).to.include('writes this manifest')
    await manifest.close()
    await (await Manifest.open(file())).close()
  })

  it('of ten thousand rows is resumed in no more than linear time', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `photo-${i}`)
    await killedAfter()
    await writeFile(file(), names.map(name => `${JSON.stringify(row(name))}\n`).join(''))
    const milliseconds = await processorMilliseconds(async () => {
      const manifest = await Manifest.open(file(), { resume: true })
      for (const name of [...names].reverse()) manifest.keep(name)
      await manifest.finish()
      await manifest.close()
    })
    expect(milliseconds, 'of the processor').to.be.below(5000)
    expect(await keys()).to.deep.equal([...names].reverse())
  })
})
