import { execFile } from 'node:child_process'
import { rm, symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { Dataset } from '../../src/data/dataset.ts'
import { BadImageError } from '../../src/errors.ts'
import { IMAGENET } from '../../src/model/preprocessing.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { loadBatches } from '../../src/node/training/loader.ts'
import { augment } from '../../src/train/augment.ts'
import type { Batch } from '../../src/train/batch.ts'
import { randomSource } from '../../src/train/random.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { rejects } from '../support/rejects.ts'
import { useTemporaryFolder } from './support.ts'
import { writeLabels, writeText, writeVoc } from './tiny_dataset.ts'

const IDS = ['a', 'b', 'c', 'd', 'e']

type LoaderOptions = Parameters<typeof loadBatches>[2]

const OPTIONS: LoaderOptions = {
  batchSize: 3,
  seed: 4,
  preprocessing: { ...IMAGENET, size: 20 },
  augmentation: { cropSize: 9, scales: [0.5, 2], flip: true },
}

describe('loadBatches', () => {
  const path = useTemporaryFolder()
  beforeEach(() => writeVoc(path('voc'), IDS, ['sky', 'road', 'car']))

  const sampler = () => new Sampler([0, 1, 2, 3, 4], 7)
  const open = () => openDataset(`voc:${path('voc')}`, { split: 'val' })

  async function take(count: number, options: Partial<LoaderOptions> = {}): Promise<Batch[]> {
    const batches: Batch[] = []
    for await (const batch of loadBatches(await open(), sampler(), { ...OPTIONS, ...options })) {
      batches.push(batch)
      if (batches.length === count) break
    }
    return batches
  }

  it('gives the same crops as augmenting image by image', async () => {
    const dataset = await open()
    const [order, batches] = [sampler(), await take(4)]
    for (const [step, { images, labels }] of batches.entries()) {
      expect([images.length, labels.length]).to.deep.equal([3 * 81 * 4, 3 * 81])
      for (let i = 0; i < 3; i++) {
        const into = { image: new Uint8Array(81 * 4), labels: new Uint8Array(81) }
        const photo = await dataset.read(order.at(step * 3 + i))
        const random = randomSource(4, 'augment', step, i)
        augment(photo, into, { ...OPTIONS.augmentation!, preprocessing: OPTIONS.preprocessing, random })
        expect(images.slice(i * 81 * 4, (i + 1) * 81 * 4), `step ${step}, image ${i}`).to.deep.equal(
          into.image,
        )
        expect(labels.slice(i * 81, (i + 1) * 81)).to.deep.equal(into.labels)
      }
    }
  })

  it('gives the same batches with any number of workers and from any start', async () => {
    const batches = await take(6, { workers: 1 })
    expect(await take(6, { workers: 3 })).to.deep.equal(batches)
    expect(await take(2, { start: 4 })).to.deep.equal(batches.slice(4))
    expect(await take(1, { seed: 5 })).to.not.deep.equal(batches.slice(0, 1))
  })

  it('names the file that cannot be read when its batch is due', async () => {
    const broken = path(`voc/JPEGImages/${IDS[sampler().at(4)]}.jpg`)
    await rm(broken)
    const batches = loadBatches(await open(), sampler(), { ...OPTIONS, batchSize: 1 })
    for (let step = 0; step < 4; step++) expect((await batches.next()).value.labels).to.have.length(81)
    const error = await rejects(BadImageError, () => batches.next())
    expect(error.message).to.equal(`${broken}: no such file or folder`)
    expect((await batches.next()).done).to.equal(true)
  })

  it('replaces a bad image by the next one, the same from any start', async () => {
    const order = sampler()
    const bad = order.at(4)
    await rm(path(`voc/JPEGImages/${IDS[bad]}.jpg`))
    await writeLabels(path(`voc/SegmentationClass/${IDS[order.at(7)]}.png`), 12, 10, 3)
    const good = new Set([0, 1, 2, 3, 4].filter(index => index !== bad && index !== order.at(7)))
    const warnings: string[] = []
    const options = {
      badImages: 'skip',
      workers: 1,
      onWarning: (message: string) => warnings.push(message),
    } as const
    const batches = await take(4, options)
    const dataset = await open()
    for (const [step, { images }] of batches.entries())
      for (let i = 0; i < 3; i++) {
        let position = step * 3 + i
        while (!good.has(order.at(position))) position++
        const into = { image: new Uint8Array(81 * 4), labels: new Uint8Array(81) }
        const random = randomSource(4, 'augment', step, i)
        const photo = await dataset.read(order.at(position))
        augment(photo, into, { ...OPTIONS.augmentation!, preprocessing: OPTIONS.preprocessing, random })
        expect(images.slice(i * 81 * 4, (i + 1) * 81 * 4), `${step}, ${i}`).to.deep.equal(into.image)
      }
    expect(warnings.sort()).to.deep.equal(
      [
        `${path(`voc/JPEGImages/${IDS[bad]}.jpg`)}: no such file or folder; training goes on without this image`,
        `${IDS[order.at(7)]}: holds class 3, but the last of the 3 classes is 2; training goes on without this image`,
      ].sort(),
    )
    expect(await take(2, { ...options, start: 2 })).to.deep.equal(batches.slice(2))
  })

  it('fails if no image can be read', async () => {
    for (const id of IDS) await rm(path(`voc/JPEGImages/${id}.jpg`))
    const error = await rejects(BadImageError, () =>
      take(1, { badImages: 'skip', workers: 1, onWarning() {} }),
    )
    expect(error.message).to.equal('none of the images can be read')
  })

  it('gives the same batches for a custom dataset as for files with the same pixels, and reads few images ahead', async () => {
    const files = await open()
    let [reading, most, reads] = [0, 0, 0]
    const own: Dataset = {
      ...{ name: 'mine', classNames: files.classNames, size: files.size, ids: files.ids },
      readLabels: index => files.readLabels(index),
      async read(index) {
        reads++
        most = Math.max(most, ++reading)
        const image = await files.read(index)
        reading--
        return image
      },
    }
    const batches: Batch[] = []
    for await (const batch of loadBatches(own, sampler(), { ...OPTIONS, workers: 1 }))
      if (batches.push(batch) === 3) break
    expect(batches).to.deep.equal(await take(3, { workers: 1 }))
    expect(most).to.be.at.most(3)
    const before = reads
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(reads, 'nothing is read after the end').to.equal(before)
  })

  it('ends its threads, even with unfinished work', async () => {
    const threads = () => process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length
    const before = threads()
    const batches = loadBatches(await open(), sampler(), { ...OPTIONS, workers: 2 })
    await batches.next()
    expect(threads()).to.equal(before + 2)
    await batches.return(undefined as never)
    expect(threads()).to.equal(before)
  })

  it('works when compiled', async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const run = promisify(execFile)
    const compiler = `${root}node_modules/typescript/bin/tsc`
    const flags = [
      '--noCheck',
      '--noEmitOnError',
      'false',
      '--declaration',
      'false',
      '--outDir',
      path('dist'),
    ]
    await run(process.execPath, [compiler, '-p', `${root}tsconfig.build.json`, ...flags])
    await symlink(`${root}node_modules`, path('node_modules'))
    await writeText(path('package.json'), '{ "type": "module" }')
    await writeText(
      path('main.js'),
      "import { openDataset } from './dist/node/datasets/open.js'",
      "import { loadBatches } from './dist/node/training/loader.js'",
      "import { Sampler } from './dist/train/sampler.js'",
      `const dataset = await openDataset('voc:${path('voc')}', { split: 'val' })`,
      `for await (const batch of loadBatches(dataset, new Sampler([0, 1, 2, 3, 4], 7), ${JSON.stringify(OPTIONS)})) {`,
      '  console.log(JSON.stringify([...batch.labels]))',
      '  break',
      '}',
    )
    const { stdout } = await run(process.execPath, [path('main.js')])
    const [{ labels }] = await take(1)
    expect(JSON.parse(stdout)).to.deep.equal([...labels])
  })
})
