// `npm run soak:serve`: thousands of requests to `atrous serve`, alone and beside clients that do harm. It fails if an answer is lost
// or another photo's, if a photo runs twice, or if memory grows. It talks to 127.0.0.1 alone. Prints a table in Markdown.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DeepLab } from '../../src/node/index.ts'
import type { Harmed } from './soak_harm.ts'
import { type Load, percentile, runLoad, type SoakPhoto } from './soak_load.ts'
import { type Sample, sampleMetrics, startProbes } from './soak_samples.ts'
import { SIZE, scenePart } from './support.ts'

const { values } = parseArgs({ options: { requests: { type: 'string', default: '10000' } } })
const REQUESTS = Number(values.requests)
const CONNECTIONS = 64
const COMMAND = fileURLToPath(new URL('../../bin/atrous.mjs', import.meta.url))
const HARM = fileURLToPath(new URL('soak_harm.ts', import.meta.url))
/** JavaScript's heap in the server, in megabytes. */
const HEAP = 512
/** The share by which memory may differ between the second quarter of a load and its last. */
const GROWTH = 0.1

const failures: string[] = []
const check = (is: boolean, message: string) => {
  if (!is) failures.push(message)
}

async function main(): Promise<void> {
  const photos = await soakPhotos()
  const { child, url } = await startServer()
  const rows = [
    [
      ...['load', 'requests', 'connections', 'a second', 'p50', 'p95', 'p99', 'photos a batch', 'RSS', 'GPU'],
      'probes: p50, most',
    ],
    Array<string>(11).fill('---'),
  ]
  const measure = async (name: string, load: Omit<Load, 'url' | 'photos'>) => {
    const before = await sampleMetrics(url)
    const samples: Sample[] = []
    const timer = setInterval(async () => samples.push(await sampleMetrics(url)), 2000)
    const start = performance.now()
    const probing = startProbes(url)
    const milliseconds = await runLoad({ ...load, url, photos })
    const seconds = (performance.now() - start) / 1000
    const probes = await probing.end()
    clearInterval(timer)
    const after = await sampleMetrics(url)
    const ran = after.photos - before.photos
    check(ran === load.requests, `${name}: ${ran} photos ran for ${load.requests} requests`)
    if (name.includes('harm')) checkLargest(name, samples)
    else checkMemory(name, samples)
    const inMs = (number: number) => `${number.toFixed(0)} ms`
    const at = (share: number) => inMs(percentile(milliseconds, share))
    rows.push([
      ...[name, String(load.requests), String(load.connections), (load.requests / seconds).toFixed(0)],
      ...[at(0.5), at(0.95), at(0.99), (ran / (after.batches - before.batches)).toFixed(1)],
      ...[rangeText(samples.map(({ rss }) => rss)), rangeText(samples.map(({ gpuBytes }) => gpuBytes))],
      `${inMs(percentile(probes, 0.5))}, ${inMs(Math.max(...probes))}`,
    ])
  }
  await measure('warm-up', { requests: Math.ceil(REQUESTS / 20), connections: CONNECTIONS })
  await measure('one at a time', { requests: Math.ceil(REQUESTS / 10), connections: 1 })
  await measure('many', { requests: REQUESTS, connections: CONNECTIONS })
  const harmful = fork(HARM, [url])
  await once(harmful, 'message')
  await measure('many, beside harm', { requests: Math.ceil(REQUESTS / 2), connections: CONNECTIONS })
  harmful.send('end')
  const [harmed]: Harmed[] = await once(harmful, 'message')
  failures.push(...harmed.failures)
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  check((await exit)[0] === 0, 'the server did not end with exit code 0')
  console.log(rows.map(row => `| ${row.join(' | ')} |`).join('\n'))
  console.log(`\nHarm: ${harmed.text}`)
}

/** Parts of the scene, and the masks that the library gives of them. All masks differ. */
async function soakPhotos(): Promise<SoakPhoto[]> {
  const model = await DeepLab.load('scenes')
  const photos = new Map<string, SoakPhoto>()
  for (let left = 0; left <= 320; left += 40)
    for (let top = 0; top <= 160; top += 40) {
      const png = await scenePart(left, top)
      const mask = Buffer.from((await model.segment(png, { size: SIZE })).mask)
      photos.set(mask.toString('base64'), { png, mask })
    }
  await model.dispose()
  check(photos.size > 40, `only ${photos.size} masks differ`)
  return [...photos.values()]
}

async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const args = [
    `--max-old-space-size=${HEAP}`,
    COMMAND,
    'serve',
    '--port',
    '0',
    '--model',
    'scenes',
    '--log-level',
    'info',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let url = ''
  for await (const line of createInterface(child.stderr!)) {
    url ||= /listening at (http:[^"]+)/.exec(line)?.[1] ?? ''
    if (line.includes('"msg":"ready"')) break
    if (!line.startsWith('{') && !line.startsWith('Warning')) console.error(line)
  }
  child.stderr!.resume()
  return { child, url }
}

/** Memory is flat if it is not larger at the end than after the first quarter, in which the process grows to its size. */
function checkMemory(name: string, samples: readonly Sample[]): void {
  if (samples.length < 8) return
  const quarter = (n: number) => samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4)
  for (const what of ['rss', 'gpuBytes'] as const) {
    const [second, last] = [1, 3].map(n =>
      percentile(
        quarter(n).map(sample => sample[what]),
        0.5,
      ),
    )
    const text = `${name}: ${what} grew from ${megabytes(second)} to ${megabytes(last)}`
    check(last <= second * (1 + GROWTH), text)
    console.error(text.replace('grew', 'went'))
  }
}

/** Beside harm, the bodies that are in memory come and go: there is room for sixteen of the largest. */
function checkLargest(name: string, samples: readonly Sample[]): void {
  const largest = Math.max(...samples.map(({ rss }) => rss))
  const most = HEAP * 1e6 + 16 * 2 ** 25
  check(largest <= most, `${name}: rss was ${megabytes(largest)}, more than ${megabytes(most)}`)
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

const rangeText = (bytes: readonly number[]) =>
  bytes.length === 0 ? '' : `${megabytes(Math.min(...bytes))} … ${megabytes(Math.max(...bytes))}`

await main()
for (const failure of failures) console.error(`FAILED: ${failure}`)
console.log(failures.length === 0 ? 'ok' : `${failures.length} failures`)
process.exit(failures.length === 0 ? 0 : 1)
