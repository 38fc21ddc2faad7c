// A queue under fire, `npm run soak:queue -- [--jobs N] [--workers N] [--kill-seconds N]`: a real Redis with its append-only file,
// workers as processes, one of them killed every few seconds, and Redis killed and started again when half the jobs are done.
// In the end each result has to be on disk once, with the bytes that the library computes directly. A watcher compares each
// file as soon as it is there: one that is half written fails the run.

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Queue, QueueEvents } from 'bullmq'
import sharp from 'sharp'
import { markPng } from '../../src/node/images/result_mark.ts'
import { DeepLab } from '../../src/node/index.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { hasRedis, startRedis } from './redis_server.ts'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '3' },
    'kill-seconds': { type: 'string', default: '5' },
  },
})
const JOBS = Number(values.jobs)
const WORKERS = Number(values.workers)
const KILL_MS = Number(values['kill-seconds']) * 1000
const PHOTOS = 40
const SIZE = 65
const QUEUE = 'soak'
const LONGEST_MS = 30 * 60_000

interface SoakJob {
  input: string
  output: string
  options: { size: number; flip: boolean; overlay: boolean }
}

/** Each tenth job also has an overlay, which takes longer to draw. */
const jobs = Array.from(
  { length: JOBS },
  (_, i): SoakJob => ({
    input: `photo-${i % PHOTOS}.png`,
    output: `results/${i}`,
    options: { size: SIZE, flip: Math.floor(i / PHOTOS) % 2 === 1, overlay: i % 10 === 0 },
  }),
)
const namesOf = ({ output, options }: SoakJob) =>
  options.overlay ? [`${output}.mask.png`, `${output}.overlay.png`] : [`${output}.mask.png`]

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function drawPhotos(root: string): Promise<void> {
  for (let i = 0; i < PHOTOS; i++) {
    const { data, width, height } = blocksPhoto(SIZE, SIZE - (i % 7), i + 1)
    await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toFile(join(root, `photo-${i}.png`))
  }
}

/** The digest of each result by its name, computed here, without queue and workers. */
async function expectedResults(root: string): Promise<Map<string, string>> {
  const model = await DeepLab.load('scenes')
  const byPhoto = new Map<string, { mask: string; overlay: string }>()
  const expected = new Map<string, string>()
  for (const job of jobs) {
    const { size, flip } = job.options
    const key = `${job.input} ${flip}`
    if (!byPhoto.has(key)) {
      const found = await model.segment(join(root, job.input), { size, flip })
      const [mask, overlay] = [found.maskPng(), await found.overlay()].map(png => digest(markPng(png)))
      byPhoto.set(key, { mask, overlay })
    }
    const { mask, overlay } = byPhoto.get(key)!
    for (const name of namesOf(job)) expected.set(name, name.endsWith('.mask.png') ? mask : overlay)
  }
  await model.dispose()
  return expected
}

const COMMAND = fileURLToPath(new URL('../../bin/atrous.mjs', import.meta.url))

interface Fleet {
  kills: number
  /** Kills one with SIGKILL, and starts another. */
  killOne(): void
  /** Stops all as a cluster does, and returns their exit codes. */
  stop(): Promise<(number | null)[]>
}

function startFleet(redis: string, root: string): Fleet {
  const start = () => {
    const places = ['--redis', redis, '--queue', QUEUE, '--root', root, '--model', 'scenes', '--quiet']
    const child = spawn(process.execPath, [COMMAND, 'worker', ...places], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr!.on('data', text => process.env.ATROUS_DEBUG && process.stderr.write(text))
    return child
  }
  const children: ChildProcess[] = Array.from({ length: WORKERS }, start)
  const fleet: Fleet = {
    kills: 0,
    killOne() {
      children[fleet.kills % WORKERS].kill('SIGKILL')
      children[fleet.kills % WORKERS] = start()
      fleet.kills++
    },
    stop: () =>
      Promise.all(
        children.map(async child => {
          const ended = once(child, 'exit')
          child.kill('SIGTERM')
          const [code] = await ended
          return code
        }),
      ),
  }
  return fleet
}

/** Compares each result when it is first seen. Others than these, but for files that are being written, are wrong too. */
function watchResults(root: string, expected: ReadonlyMap<string, string>) {
  const right = new Set<string>()
  const wrong = new Set<string>()
  const look = async () => {
    const names = await readdir(join(root, 'results')).catch((): string[] => [])
    for (const name of names.map(each => `results/${each}`)) {
      if (right.has(name) || name.endsWith('.tmp')) continue
      const isRight = digest(await readFile(join(root, name))) === expected.get(name)
      ;(isRight ? right : wrong).add(name)
    }
  }
  return { right, wrong, look }
}

async function soak(root: string) {
  await drawPhotos(root)
  const expected = await expectedResults(root)
  const server = await startRedis()
  const connection = { url: server.url }
  const queue = new Queue(QUEUE, { connection })
  const events = new QueueEvents(QUEUE, { connection })
  let stalls = 0
  for (const each of [queue, events] as NodeJS.EventEmitter[]) each.on('error', () => {})
  events.on('stalled', () => stalls++)
  await queue.addBulk(jobs.map(data => ({ name: 'photo', data, opts: { removeOnComplete: false } })))
  await sleep(1500) // Redis writes its file each second: the jobs themselves are safe
  const start = performance.now()
  const fleet = startFleet(server.url, root)
  const watch = watchResults(root, expected)
  let redisRestarts = 0
  let nextKill = start + KILL_MS
  for (;;) {
    const counts = await queue.getJobCounts('completed', 'failed', 'active', 'waiting', 'delayed')
    await watch.look()
    if (counts.completed + counts.failed >= JOBS) break
    if (performance.now() - start > LONGEST_MS) throw new Error(`not done in time: ${JSON.stringify(counts)}`)
    if (counts.waiting > 0 && performance.now() > nextKill) {
      fleet.killOne()
      nextKill = performance.now() + KILL_MS
      console.error(
        JSON.stringify({
          seconds: Math.round((performance.now() - start) / 1000),
          ...counts,
          kills: fleet.kills,
          stalls,
        }),
      )
    }
    if (redisRestarts === 0 && counts.completed >= JOBS / 2) {
      await server.stop('SIGKILL')
      redisRestarts++
      await sleep(2000)
      await server.start()
    }
    await sleep(100)
  }
  const seconds = (performance.now() - start) / 1000
  const done = await queue.getJobs(['completed', 'failed'])
  const startedTwice = done.filter(job => job.attemptsStarted > 1).length
  const failed = (await queue.getFailed()).map(job => job.failedReason)
  const exitCodes = await fleet.stop()
  await watch.look()
  const left = (await readdir(join(root, 'results'))).filter(name => name.endsWith('.tmp')).length
  await Promise.all([queue.close(), events.close()])
  await server.remove()
  return {
    ...{ jobs: JOBS, workers: WORKERS, kills: fleet.kills, redisRestarts, stalls, startedTwice, failed },
    ...{ results: expected.size, right: watch.right.size, wrong: [...watch.wrong] },
    missing: [...expected.keys()].filter(name => !watch.right.has(name)),
    ...{
      temporaryFilesLeft: left,
      exitCodes,
      seconds: Math.round(seconds),
      jobsPerSecond: Math.round((10 * JOBS) / seconds) / 10,
    },
  }
}

if (!hasRedis()) {
  console.error('soak:queue: redis-server is absent; node scripts/test_tools.mjs redis installs it')
  process.exit(1)
}
const root = await mkdtemp(join(tmpdir(), 'atrous-soak-'))
await mkdir(join(root, 'results'))
try {
  const report = await soak(root)
  console.log(JSON.stringify(report, undefined, 2))
  const { failed, wrong, missing, exitCodes } = report
  const isFine =
    [failed, wrong, missing].every(list => list.length === 0) && exitCodes.every(code => code === 0)
  console.log(isFine ? 'each result is there once, whole and right' : 'FAILED')
  process.exitCode = isFine ? 0 : 1
} finally {
  await rm(root, { recursive: true })
}
