// Draws scenes into a folder that `atrous train --dataset folder:…` reads: the training data of weights/scenes.
// usage: npx tsx scripts/scenes/render_scenes.ts FOLDER [--train 4000] [--val 200] [--size 257]

import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import cliProgress from 'cli-progress'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { WorkerPool } from '../../src/node/worker_pool.ts'
import { sceneClasses } from './classes.ts'
import type { SceneJob } from './render_scenes_worker.ts'

/** The first seed of scenes for training. Scenes for validation have the seeds from 0, so no scene is in both. */
const FIRST_TRAINING_SEED = 1_000_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'string', default: '4000' },
    val: { type: 'string', default: '200' },
    size: { type: 'string', default: '257' },
  },
})
const [folder] = positionals
const [train, val, size] = [values.train, values.val, values.size].map(Number)
if (!folder || ![train, val, size].every(value => Number.isInteger(value) && value > 0)) {
  console.error(
    'usage: npx tsx scripts/scenes/render_scenes.ts FOLDER [--train 4000] [--val 200] [--size 257]',
  )
  process.exit(1)
}

const seeds = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i)
const splits = { train: seeds(FIRST_TRAINING_SEED, train), val: seeds(0, val) }

await mkdir(join(folder, 'images'), { recursive: true })
await writeFileAtomic(join(folder, 'classes.txt'), lines(sceneClasses))
for (const [split, ids] of Object.entries(splits))
  await writeFileAtomic(join(folder, 'splits', `${split}.txt`), lines(ids))

const threads = availableParallelism()
const pool = new WorkerPool<SceneJob, void>(new URL('./render_scenes_worker.ts', import.meta.url), threads)
const bar = new cliProgress.SingleBar({ format: '{bar} {value} of {total} scenes · {eta_formatted} left' })
bar.start(train + val, 0)
try {
  // Each lane renders one scene at a time, with two lanes per thread. A thread that gets all jobs at once would render all scenes
  // before it writes any.
  const seedsLeft = [...splits.val, ...splits.train].values()
  const lane = async () => {
    for (const seed of seedsLeft) {
      await pool.run({ seed, size, folder })
      bar.increment()
    }
  }
  await Promise.all(Array.from({ length: 2 * threads }, lane))
} finally {
  bar.stop()
  await pool.close()
}

function lines(items: readonly (string | number)[]): string {
  return items.map(item => `${item}\n`).join('')
}
