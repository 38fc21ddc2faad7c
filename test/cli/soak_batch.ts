// Segments very many small photos as `atrous segment FOLDER --recursive` does, then resumes the run, and exits with code 1 if the memory
// grows by more than the names of the photos, or if the photos become slower: `npm run soak:batch -- [--photos 20000]`. The network is
// tiny: what is tested is all that is around it.

import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { run } from '../../src/cli/run.ts'
import { DeepLab } from '../../src/node/index.ts'
import { blocksPhoto, TINY } from '../node/tiny_model.ts'

const { values } = parseArgs({ options: { photos: { type: 'string', default: '20000' } } })
const count = Number(values.photos)
const PHOTOS_A_FOLDER = 1000
const SAMPLES = 10
/** What a photo may add: its name, its key, and its place in the manifest. */
const BYTES_A_PHOTO = 1000
/** The noise of the resident memory. */
const SLACK_BYTES = 60e6

const folder = await mkdtemp(join(tmpdir(), 'atrous-soak-'))
const photos = join(folder, 'photos')
const args = ['segment', photos, '--recursive', '--model', join(folder, 'model'), '--size', '33']

/** Links to a few files: a hundred thousand copies would only fill the disk. */
async function makePhotos(): Promise<void> {
  await mkdir(photos)
  for (let i = 0; i < 3; i++) {
    const { width, height, data } = blocksPhoto(48 + 8 * i, 40, i)
    const png = await sharp(data, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toBuffer()
    await writeFile(join(folder, `${i}.png`), png)
  }
  for (let i = 0; i < count; i++) {
    const below = join(photos, String(Math.floor(i / PHOTOS_A_FOLDER)))
    if (i % PHOTOS_A_FOLDER === 0) await mkdir(below)
    await link(join(folder, `${i % 3}.png`), join(below, `${i}.png`))
  }
}

interface Sample {
  photos: number
  seconds: number
  bytes: number
}

/** Runs the command, and samples time and memory as the lines of its photos come. */
async function sampled(...more: string[]): Promise<{ code: number; samples: Sample[] }> {
  const samples: Sample[] = []
  const start = performance.now()
  let done = 0
  const { write } = process.stdout
  process.stdout.write = (() => {
    if (++done % Math.ceil(count / SAMPLES) === 0)
      samples.push({
        photos: done,
        seconds: (performance.now() - start) / 1000,
        bytes: process.memoryUsage.rss(),
      })
    return true
  }) as typeof write
  try {
    const code = await run([...args, '--out', join(folder, 'out'), '--no-overlay', ...more])
    return { code, samples }
  } finally {
    process.stdout.write = write
  }
}

try {
  await makePhotos()
  const model = await DeepLab.create(TINY)
  await model.save(join(folder, 'model'))
  await model.dispose()

  const { code, samples } = await sampled()
  console.log('photos  seconds  photos/s  resident MB')
  let before = { photos: 0, seconds: 0 }
  const rates = samples.map(({ photos, seconds, bytes }) => {
    const rate = (photos - before.photos) / (seconds - before.seconds)
    before = { photos, seconds }
    const row = [photos, seconds.toFixed(1), rate.toFixed(0), (bytes / 1e6).toFixed(0)]
    console.log(row.map((cell, i) => String(cell).padStart([6, 7, 8, 11][i])).join('  '))
    return rate
  })
  const start = performance.now()
  const again = await sampled('--resume')
  console.log(`resumed in ${((performance.now() - start) / 1000).toFixed(1)} s: nothing left to do`)

  const [, settled] = samples
  const last = samples.at(-1)!
  const allowed = SLACK_BYTES + BYTES_A_PHOTO * (last.photos - settled.photos)
  const faults = [
    (code !== 0 || again.code !== 0) && 'a run failed',
    again.samples.length > 0 && 'the second run computed photos',
    last.bytes - settled.bytes > allowed && 'the memory grows',
    rates.at(-1)! < rates[1] / 2 && 'photos become slower',
  ].filter(fault => fault !== false)
  console.log(faults.length > 0 ? faults.join(', ') : 'memory and speed stay')
  process.exitCode = faults.length > 0 ? 1 : 0
} finally {
  await rm(folder, { recursive: true })
}
