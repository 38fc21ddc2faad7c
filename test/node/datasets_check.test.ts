import { execFile } from 'node:child_process'
import {
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { checkDataset } from '../../src/node/datasets/check.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { rejects } from '../support/rejects.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { writeBinary, writeLabels, writePhoto, writeText } from './tiny_dataset.ts'

describe('checkDataset of files', () => {
  const path = useTemporaryFolder()
  useEmptyCache(path)

  /** Photos and masks of 12×10 pixels, of two classes. */
  async function write(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await writePhoto(path(`own/images/${i}.jpg`), 12, 10)
      await writeLabels(path(`own/masks/${i}.png`), 12, 10, [1])
    }
    await writeText(path('own/classes.txt'), 'background', 'mug')
  }
  const photo = (i: number) => path(`own/images/${i}.jpg`)
  const check = async (split = 'all') => checkDataset(await openDataset(`folder:${path('own')}`, { split }))
  const messages = async () => (await check()).problems.map(({ message }) => message)

  /** Changes a file's bytes, but not its size or time. */
  async function damageUnseen(file: string): Promise<void> {
    const { atime, mtime } = await stat(file)
    const bytes = await readFile(file)
    await writeFile(file, bytes.fill(0, 200))
    await utimes(file, atime, mtime)
  }

  it('finds photos that do not decode although their headers are intact', async () => {
    await write(3)
    await truncate(photo(1), 300)
    const found = await messages()
    expect(found).to.have.length(1)
    expect(found[0]).to.match(/images\/1\.jpg: damaged or cut short \(/)
  })

  it('decodes a photo once, until its size or time changes', async () => {
    await write(3)
    // Whole milliseconds: otherwise `utimes` cannot restore the time exactly.
    for (const i of [0, 1, 2]) await utimes(photo(i), 1000 + i, 1000 + i)
    const first = await check()
    expect(first.problems).to.deep.equal([])
    expect(first.pixels).to.deep.equal(new Array(3).fill([119, 1]))
    await damageUnseen(photo(2))
    expect(await check(), 'kept').to.deep.equal(first)
    await utimes(photo(2), 2000, 2000)
    expect(await messages()).to.have.length(1)
    expect(await messages(), 'problems are not cached').to.have.length(1)
    await writePhoto(photo(2), 12, 10)
    await writeLabels(path('own/masks/2.png'), 12, 10, [1, 1, 1])
    expect((await check()).pixels[2]).to.deep.equal([117, 3])
  })

  it('checks again if the cache is damaged or not writable', async () => {
    await write(2)
    const first = await check()
    const [name] = await readdir(path('cache/checked'))
    for (const text of [
      '',
      '{"format":',
      '{"format":"0","images":{}}',
      '{"format":null,"images":{"a":[[-1,"x"]]}}',
    ]) {
      await writeFile(path(`cache/checked/${name}`), text)
      expect(await check(), text).to.deep.equal(first)
    }
    process.env.ATROUS_CACHE = path('own/classes.txt')
    const { warn } = console
    const warnings: string[] = []
    console.warn = (line: string) => warnings.push(line)
    try {
      expect(await check()).to.deep.equal(first)
    } finally {
      console.warn = warn
    }
    expect(warnings.join('\n')).to.match(/^warning: the next check will decode all images again: \S.*$/)
  })

  it('keeps the datasets checked last', async () => {
    await write(1)
    await mkdir(path('cache/checked'), { recursive: true })
    for (let i = 0; i < 20; i++) {
      await writeFile(path(`cache/checked/${i}.json`), '{}')
      await utimes(path(`cache/checked/${i}.json`), 1000 + i, 1000 + i)
    }
    await check()
    const names = await readdir(path('cache/checked'))
    expect(names).to.have.length(16)
    expect(names).to.include('19.json').and.not.include('4.json')
  })

  it('decodes large sets in threads, with the same report', async () => {
    await write(100)
    await truncate(photo(37), 300)
    const progress: number[] = []
    const dataset = await openDataset(`folder:${path('own')}`, { split: 'all' })
    const found = await checkDataset(dataset, { onProgress: ({ done }) => progress.push(done) })
    expect(progress).to.deep.equal(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(found.problems.map(({ index }) => dataset.ids[index!])).to.deep.equal(['37'])
    expect(found.pixels.filter(([, mug]) => mug === 1)).to.have.length(99)
    expect((await checkDataset(dataset)).pixels).to.deep.equal(found.pixels)
  })

  it('refuses unknown options', async () => {
    await write(1)
    const dataset = await openDataset(`folder:${path('own')}`, { split: 'all' })
    const wrong = { onProgess() {} } as object
    expect((await rejects(UserError, () => checkDataset(dataset, wrong))).message).to.equal(
      'onProgess: unknown option; did you mean onProgress?',
    )
  })

  it('ends with the signal’s reason, and keeps its results', async () => {
    await write(9)
    const controller = new AbortController()
    const dataset = await openDataset(`folder:${path('own')}`, { split: 'all' })
    await rejects(DOMException, () =>
      checkDataset(dataset, { signal: controller.signal, onProgress: () => controller.abort() }),
    )
    expect(await readdir(path('cache/checked'))).to.have.length(1)
  })

  it('accepts masks of 0 and 255 after the script in docs/fine-tuning.md has converted them', async () => {
    await writeBinary(path('mine'))
    const open = () => openDataset(`folder:${path('mine')}`, { split: 'all' })
    expect((await checkDataset(await open())).problems.map(({ kind }) => kind)).to.deep.equal([
      'only 0 and 255',
    ])
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const [, script] = /```js\n(.*?masks-255.*?)```/s.exec(
      await readFile(`${root}docs/fine-tuning.md`, 'utf8'),
    )!
    await writeText(path('ids.mjs'), script)
    await symlink(`${root}node_modules`, path('node_modules'))
    await rename(path('mine/masks'), path('mine/masks-255'))
    await promisify(execFile)(process.execPath, ['ids.mjs'], { cwd: path('.') })
    const { problems, shares } = await checkDataset(await open())
    expect({ problems, shares }).to.deep.equal({ problems: [], shares: [0.5, 0.5] })
  })

  it('refuses two photos or two masks with the same name', async () => {
    await write(2)
    await writeText(path('own/images/0.json'), '{}') // a note, not a photo
    expect(await messages()).to.deep.equal([])
    await writePhoto(path('own/images/0.png'), 12, 10)
    const error = await rejects(Error, () => check())
    expect(error.message).to.equal(
      `${path('own/images')}: 0.jpg, 0.png have the same name; keep or rename one`,
    )
    await writeText(path('own/splits/one.txt'), '1')
    expect((await check('one')).problems, 'another split').to.deep.equal([])
  })
})
