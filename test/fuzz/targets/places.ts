// Where results go, whatever photos, archives and jobs are called: inside their folder, each to its own place.

import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { packTar, type TarEntry } from 'modern-tar'
import { Manifest } from '../../../src/cli/segment/manifest.ts'
import { photoWork } from '../../../src/cli/segment/photo_work.ts'
import { findFiles, type InputOptions, lookAhead } from '../../../src/cli/segment/segment_inputs.ts'
import { folderOutput } from '../../../src/cli/segment/segment_output.ts'
import { segmentPhotos } from '../../../src/cli/segment/segment_photos.ts'
import { SegmentReport } from '../../../src/cli/segment/segment_report.ts'
import { Throughput } from '../../../src/cli/segment/throughput.ts'
import type { Image } from '../../../src/data/image.ts'
import { TENSORFLOW } from '../../../src/model/preprocessing.ts'
import type { DeepLab } from '../../../src/node/deeplab.ts'
import { Segmentation } from '../../../src/node/segmentation.ts'
import { BadJobError } from '../../../src/queue/job.ts'
import { jobLine, type PhotoSegmenter, runJob } from '../../../src/queue/segment_job.ts'
import { openStores } from '../../../src/queue/stores.ts'
import { writePhoto } from '../../node/tiny_dataset.ts'
import { below, damageBytes, damageJson, pick } from '../../support/mutants.ts'
import { oddName, oddPath } from '../odd_names.ts'
import type { FuzzTarget } from '../target.ts'
import { contentsOf, untouched } from '../untouched.ts'

const classNames = ['background', 'mug']
const mapOf = ({ width, height }: Pick<Image, 'width' | 'height'>) => ({
  ...{ mask: new Uint8Array(width * height).fill(1), width, height },
})

/** A model without a network, which finds a mug in each photo. */
const model = {
  classNames,
  gpu: { limits: { maxBufferSize: 2 ** 28 } },
  state: { preprocessing: TENSORFLOW },
  submit: async (image: Image) => async () => mapOf(image),
} as unknown as DeepLab

/** Segments all inputs as `atrous segment` does. Throws the refusals together, and an Error if two photos have one result. */
async function segmentAll(inputs: InputOptions, own: string): Promise<void> {
  const options = { out: join(own, 'out'), mask: true, overlay: false, legend: false }
  const output = folderOutput(options)
  const report = new SegmentReport({ out: options.out, json: false, lines: false })
  let written = 0
  report.add = () => {
    written++
  }
  const ahead = await lookAhead(findFiles(inputs), { grows: false })
  await output.check(ahead, inputs.named)
  const manifest = await Manifest.open(join(own, 'manifest.jsonl'))
  try {
    await segmentPhotos({
      ...{ model, photos: ahead.photos, options, output, manifest, report, run: 'fuzz' },
      ...{ work: photoWork({ threads: false }), throughput: new Throughput() },
    })
    await manifest.finish()
  } finally {
    await manifest.close()
  }
  const files = [...(await contentsOf(options.out)).keys()].filter(name => /\.(png|tmp)$/.test(name))
  if (files.length !== written) throw new Error(`${written} results, but ${files.length} files: ${files}`)
  report.end()
}

/** Writes a file where the system lets one do so. */
async function tryWrite(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
    .then(() => writeFile(path, bytes))
    .catch(() => {})
}

const ending = (random: () => number) => pick(['.png', '.jpg', '.PNG', '.mask.png', '', '.'], random)

/** The folders in and out of one round, with what a round may not touch beside them. */
async function freshFolder(own: string): Promise<void> {
  await rm(own, { recursive: true, force: true })
  for (const name of ['in', 'out', 'secret']) await mkdir(join(own, name), { recursive: true })
  await writeFile(join(own, 'secret/a.mask.png'), 'secret')
}

/** Photos with odd names in folders with odd names, by name, by folder and by list. */
export const batchNames: FuzzTarget = {
  name: 'batch-names',
  async prepare(folder) {
    const own = join(folder, 'own')
    await writePhoto(join(folder, 'photo.png'), 4, 3)
    const photo = await readFile(join(folder, 'photo.png'))
    return async random => {
      await freshFolder(own)
      // Without `..`, or the round itself would write elsewhere.
      const paths = Array.from({ length: 1 + below(4, random) }, () =>
        join(
          own,
          'in',
          oddPath(random).replaceAll('..', '.'),
          `${oddName(random).slice(0, 60)}${ending(random)}`,
        ),
      ).filter(path => path.startsWith(join(own, 'in')))
      for (const path of paths) await tryWrite(path, photo)
      if (random() < 0.2) await symlink(join(own, 'secret'), join(own, 'out', pick(['a', 'b', 'x'], random)))
      const separator = pick(['\n', '\0'], random)
      await writeFile(join(own, 'list'), [...paths, ...paths].join(separator))
      const inputs: InputOptions[] = [
        { named: paths },
        { named: [join(own, 'in')], recursive: true },
        { named: [], list: join(own, 'list') },
        { named: [join(own, 'in'), ...paths], recursive: true, list: join(own, 'list') },
      ]
      const work = () => segmentAll(pick(inputs, random), own)
      await untouched({ folder: own, except: ['out', 'manifest.jsonl'] }, work)
    }
  },
}

/** Archives whose entries have odd names, sizes, times and kinds, beside a folder with photos of the same paths. */
export const tarEntries: FuzzTarget = {
  name: 'tar-entries',
  async prepare(folder) {
    const own = join(folder, 'own')
    await writePhoto(join(folder, 'photo.png'), 4, 3)
    const body = await readFile(join(folder, 'photo.png'))
    const entryOf = (random: () => number): TarEntry => {
      const name = `${oddPath(random)}${random() < 0.9 ? `/${pick(['a', 'b', oddName(random).slice(0, 60)], random)}` : ''}${ending(random)}`
      const type =
        random() < 0.9 ? ('file' as const) : pick(['directory', 'symlink', 'link', 'fifo'] as const, random)
      const odd = pick(['1e300', '-1', '', '../../a.png', '0'.repeat(500), '\u001b[2J'], random)
      const field = pick(['mtime', 'size', 'path', 'uid', 'comment'], random)
      const pax = random() < 0.2 ? { [field]: odd } : undefined
      const header = { name, type, mtime: new Date(1e12), linkname: '/etc/passwd', pax }
      return type === 'file'
        ? { header: { ...header, size: body.length }, body }
        : { header: { ...header, size: 0 } }
    }
    return async random => {
      await freshFolder(own)
      const archives = pick([['x.tar'], ['x.tar', 'in/X.tar'], ['aux.tar', '...tar', 'x.tar']], random)
      for (const name of archives) {
        const entries = Array.from({ length: below(6, random) }, () => entryOf(random))
        const packed = await packTar(entries).catch(() => new Uint8Array(1024))
        await writeFile(join(own, name), random() < 0.3 ? damageBytes(packed, random) : packed)
      }
      for (const path of ['x/a.png', 'X/a.png', 'x-2/b.png'])
        if (random() < 0.5) await tryWrite(join(own, 'in', path), body)
      const named = [...archives.map(name => join(own, name)), join(own, 'in')]
      if (random() < 0.5) named.reverse()
      const work = () => segmentAll({ named, recursive: true }, own)
      await untouched({ folder: own, except: ['out', 'manifest.jsonl'] }, work)
    }
  },
}

const segmenter: PhotoSegmenter = {
  gpu: model.gpu,
  state: model.state,
  segment: async image => new Segmentation(image, mapOf(image), { output: 'mask', classNames }),
}

/** Jobs of the queue with odd places and damaged fields. */
export const queueJobs: FuzzTarget = {
  name: 'queue-jobs',
  async prepare(folder) {
    const own = join(folder, 'own')
    await writePhoto(join(folder, 'photo.png'), 4, 3)
    const photo = await readFile(join(folder, 'photo.png'))
    const { signal } = new AbortController()
    return async random => {
      await freshFolder(own)
      const root = join(own, 'out')
      const photos = ['a.png', 'b.mask.png', 'x/a.mask.png', 'x/b.overlay.png']
      for (const name of photos) await tryWrite(join(root, name), photo)
      await writeFile(join(root, 'file'), '')
      await symlink(join(own, 'secret'), join(root, 'link'))
      await symlink(join(root, 'x'), join(root, 'near'))
      await symlink(join(root, 'loop'), join(root, 'loop'))
      const input =
        random() < 0.7 ? pick([...photos, './b.mask.png', 'near/a.mask.png'], random) : oddPath(random)
      const near = pick(
        ['b', './b', 'x/a', 'near/a', 'x//b', 'near/../b', 'link/a', 'file/a', 'loop/a'],
        random,
      )
      const job = {
        input,
        output: random() < 0.4 ? near : oddPath(random),
        options: { overlay: random() < 0.1 },
      }
      const data = random() < 0.3 ? damageJson(job, random) : job
      const store = await openStores({ root })
      const tools = { model: segmenter, line: jobLine(segmenter), store, signal, onStage: () => {} }
      try {
        await untouched({ folder: own, except: ['out'] }, () => runJob(data, tools))
      } catch (error) {
        if (!(error instanceof BadJobError)) throw new Error(`may pass: ${error}`, { cause: error })
        if (error.message.includes(own)) throw new Error(`shows the root: ${error.message}`)
        throw error
      } finally {
        const now = await readFile(join(root, input)).catch(() => photo)
        const isPhoto = photos.includes(input) && !now.equals(photo)
        // biome-ignore lint/correctness/noUnsafeFinally: a lost photo counts more than a refusal
        if (isPhoto) throw new Error(`the job destroyed its photo ${input}`)
      }
    }
  },
}
