// Segments many photos of mixed sizes as `atrous segment FOLDER` does, and compares the time with the kernels' own:
// `npm run bench:batch -- [--photos 500] [--model scenes] [--size N] [--runs 1]`. It makes the photos itself: scenes of the ray tracer,
// as JPEGs of eight sizes in mixed order.
//
// "GPU at work": the share of the time in which the GPU had work, by the host's clock. "Of the kernels": the time that the kernels take
// for these photos by themselves, of photos that are decoded already and whose masks nobody encodes, as a share of the run's time. On
// a CPU adapter decoding and encoding take their time from the same cores, so the second is lower by their share; on a
// hardware GPU both should be the same.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { renderScene } from '../scripts/scenes/ray_tracer.ts'
import { timed } from '../src/bench/repeat.ts'
import { digits, StreamedTable } from '../src/cli/format.ts'
import { Manifest } from '../src/cli/segment/manifest.ts'
import { photoWork } from '../src/cli/segment/photo_work.ts'
import { findFiles, lookAhead } from '../src/cli/segment/segment_inputs.ts'
import { folderOutput } from '../src/cli/segment/segment_output.ts'
import { segmentPhotos } from '../src/cli/segment/segment_photos.ts'
import { SegmentReport } from '../src/cli/segment/segment_report.ts'
import { Throughput } from '../src/cli/segment/throughput.ts'
import { DeepLab, readImage } from '../src/node/index.ts'

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '500' },
    model: { type: 'string', default: 'scenes' },
    size: { type: 'string' },
    runs: { type: 'string', default: '1' },
  },
})
const count = Number(values.photos)
const options = { size: values.size === undefined ? undefined : Number(values.size) }

const SIZES = [
  ...[
    [640, 480],
    [480, 640],
    [512, 512],
    [800, 600],
  ],
  ...[
    [500, 375],
    [375, 500],
    [1024, 683],
    [333, 500],
  ],
]
/** How many scenes are drawn; each is stretched to every size. */
const SCENES = 16
const SCENE_EDGE = 384

const folder = await mkdtemp(join(tmpdir(), 'atrous-batch-'))
const photo = (i: number) => join(folder, 'photos', `${String(i).padStart(6, '0')}.jpg`)

async function makePhotos(): Promise<void> {
  await mkdir(join(folder, 'photos'))
  const scenes = Array.from({ length: SCENES }, (_, seed) =>
    renderScene({ seed, width: SCENE_EDGE, height: SCENE_EDGE }),
  )
  const raw = { width: SCENE_EDGE, height: SCENE_EDGE, channels: 4 } as const
  for (let i = 0; i < count; i++) {
    const [width, height] = SIZES[sizeOf(i)]
    const { image } = scenes[(i * 7) % SCENES]
    await sharp(image, { raw }).resize(width, height, { fit: 'cover' }).jpeg({ quality: 85 }).toFile(photo(i))
  }
}

/** Each size as often as the others, and no photo has the size of the one before. */
const sizeOf = (i: number) => (5 * i + 3 * Math.floor(i / SIZES.length)) % SIZES.length

/** Photos that the GPU is given in a row when the kernels are timed. */
const IN_A_ROW = 4

/** The time of the kernels for all photos, in milliseconds: each size is timed, after a first run that compiles. */
async function kernelTime(model: DeepLab): Promise<number> {
  let total = 0
  for (const size of SIZES.keys()) {
    const numbers = Array.from({ length: count }, (_, i) => i).filter(i => sizeOf(i) === size)
    if (numbers.length === 0) continue
    const image = await readImage(photo(numbers[0]))
    await (await model.submit(image, options))()
    const milliseconds = await timed(async () => {
      const waits: (() => Promise<unknown>)[] = []
      for (let i = 0; i < IN_A_ROW; i++) waits.push(await model.submit(image, options))
      for (const wait of waits) await wait()
    })
    total += (milliseconds / IN_A_ROW) * numbers.length
  }
  return total
}

interface Found {
  photos: number
  milliseconds: number
  /** The share of the time in which the GPU had work, if that is known. */
  busy?: number
}

/** As before there were batches: read, segment, write, one photo after the other. A fifth of the photos show how fast that is. */
async function oneByOne(model: DeepLab): Promise<Found> {
  const photos = Math.ceil(count / 5)
  const milliseconds = await timed(async () => {
    for (let i = 0; i < photos; i++)
      await (await model.segment(photo(i), options)).save(join(folder, 'one', String(i)))
  })
  return { photos, milliseconds }
}

async function batch(model: DeepLab, { overlay }: { overlay: boolean }): Promise<Found> {
  const out = join(folder, overlay ? 'both' : 'masks')
  const { photos } = await lookAhead(findFiles({ named: [join(folder, 'photos')] }), { grows: false })
  const results = { out, mask: true, overlay, legend: true, overwrite: true } as const
  const throughput = new Throughput()
  const work = photoWork({ threads: true })
  const manifest = await Manifest.open(join(out, 'manifest.jsonl'))
  const report = new SegmentReport({ out, json: false, lines: false })
  const milliseconds = await timed(async () => {
    await segmentPhotos({
      ...{ model, photos, work, throughput, manifest, report, run: 'bench' },
      ...{ options: { ...options, ...results }, output: folderOutput(results) },
    })
    await manifest.finish()
  })
  report.end()
  await manifest.close()
  await work.close()
  return { photos: count, milliseconds, busy: throughput.gpuMilliseconds / milliseconds }
}

const RUNS: [string, (model: DeepLab) => Promise<Found>][] = [
  ['batch, masks and overlays', model => batch(model, { overlay: true })],
  ['batch, masks alone', model => batch(model, { overlay: false })],
  ['one by one, masks and overlays', oneByOne],
]

try {
  await makePhotos()
  const pixels = Array.from({ length: count }, (_, i) => SIZES[sizeOf(i)][0] * SIZES[sizeOf(i)][1])
  const megapixels = pixels.reduce((sum, each) => sum + each, 0) / 1e6
  const model = await DeepLab.load(values.model)
  console.log(
    `${model.gpu.info.description}, ${availableParallelism()} cores: ${count} photos of ${SIZES.length} sizes, ${digits(megapixels)} MP, ${values.model}\n`,
  )
  const headings = ['run', 'seconds', 'photos/s', 'MP/s', 'GPU at work, %', 'kernels, s', 'of the kernels, %']
  const table = new StreamedTable(headings, 32)
  for (let i = 0; i < Number(values.runs); i++)
    for (const [title, run] of RUNS) {
      // Before and after, because the times on a shared machine drift.
      const before = await kernelTime(model)
      const { photos, milliseconds, busy } = await run(model)
      const after = await kernelTime(model)
      const kernels = ((before + after) / 2) * (photos / count)
      const seconds = milliseconds / 1000
      const rate = photos / seconds
      table.row([
        title,
        ...[seconds, rate, (megapixels / count) * rate, busy && 100 * busy].map(digits),
        ...[kernels / 1000, (100 * kernels) / milliseconds].map(digits),
      ])
    }
  await model.dispose()
} finally {
  await rm(folder, { recursive: true })
}
