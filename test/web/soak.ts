// `npm run soak:web`: 5 000 frames of a camera through the library in a page. Memory must not grow, and nothing may be printed as an
// error. Takes about ten minutes on a software adapter.
//   npm run soak:web -- [--frames N]

import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { serveStatic } from '../support/static_server.ts'
import { CAMERA_FLAGS, chromiumPath, FLAGS, HELPERS, standard, until } from './browser.ts'
import { bundleLibrary } from './bundle.ts'
import { processesOf, residentBytes } from './processes.ts'

const { values } = parseArgs({ options: { frames: { type: 'string', default: '5000' } } })
const frames = Number(values.frames)
/** Frames between two readings of the memory. The first reading comes after as many, when everything is warm. */
const EVERY = Math.ceil(frames / 10)
/** How much more the last readings may have than the first ones, in bytes. */
const MAX_GROWTH = 32 * 2 ** 20

interface Reading {
  frame: number
  gpuBytes: number
  heapBytes: number
  /** Of the browser's renderers and its GPU process. */
  residentBytes: number
}

await bundleLibrary()
const server = await serveStatic(standard)
const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...FLAGS, ...CAMERA_FLAGS] })
const complaints: string[] = []
const readings: Reading[] = []
try {
  const page = await browser.newPage()
  await page.addInitScript(HELPERS)
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  const session = await page.context().newCDPSession(page)
  await page.exposeFunction('read', async (frame: number, gpuBytes: number) => {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    readings.push({
      frame,
      gpuBytes,
      heapBytes: usedSize,
      residentBytes: residentBytes(await processesOf(browser)),
    })
    const megabytes = [gpuBytes, usedSize, readings.at(-1)!.residentBytes].map(bytes =>
      (bytes / 1e6).toFixed(1),
    )
    console.log(
      `frame ${frame}: ${megabytes[0]} MB on the GPU, heap ${megabytes[1]} MB, processes ${megabytes[2]} MB`,
    )
  })
  await page.goto(server.url)
  await until(page, () => window.atrous !== undefined)
  await page.evaluate(
    async ({ frames, every }) => {
      const model = await window.atrous.DeepLab.load('scenes')
      const video = document.createElement('video')
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } })
      await video.play()
      const canvas = document.createElement('canvas')
      Object.assign(canvas, { width: 320, height: 240 })
      const painter = await window.atrous.Painter.create(model.gpu, canvas)
      const colours = new Uint32Array(256).fill(0x80_ff_00_ff)
      const ends = new AbortController()
      let seen = 0
      await model.stream(video, {
        ...{ size: 33, at: 'network' as const, signal: ends.signal },
        onFrame: async frame => {
          await painter.paint({ ...frame, colours })
          if (++seen % every === 0) await window.read(seen, model.gpu.memory.liveBytes)
          if (seen === frames) ends.abort()
        },
      })
    },
    { frames, every: EVERY },
  )
} finally {
  await browser.close()
  server.close()
}
const [first, last] = [readings[0], readings.at(-1)!]
const growth = {
  gpu: last.gpuBytes - first.gpuBytes,
  heap: last.heapBytes - first.heapBytes,
  processes: last.residentBytes - first.residentBytes,
}
console.log(`growth in bytes: ${JSON.stringify(growth)}; errors: ${JSON.stringify(complaints)}`)
const isFlat = growth.gpu === 0 && growth.heap < MAX_GROWTH && growth.processes < MAX_GROWTH
process.exitCode = isFlat && complaints.length === 0 ? 0 : 1
