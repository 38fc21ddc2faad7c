// Clients that do harm, for the soak test, as a process: idle, slow and cut connections, long bodies, bombs, and requests that would fill
// the memory. It sends `started`, and what came of it when it is told to end.

import { once, setMaxListeners } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PNG_SIGNATURE, pngChunk, pngHeader } from '../support/png_chunk.ts'
import { hostileBodies } from './hostile_bodies.ts'
import { post } from './soak_load.ts'

const IDLE = 1000
const SLOW = 200
/** A server must close a slow connection within this time, in milliseconds: its own limits are ten seconds, checked now and then. */
const PATIENCE_MS = 30_000
/** Requests of legal length, a little below the server's limit. */
const HOSTILE_BYTES = 2 ** 25 - 1024
const PIPELINED = 5000

/** What came of it. */
export interface Harmed {
  text: string
  failures: string[]
}

const LONG_BODY = new Uint8Array(50 * 2 ** 20)

const BOMB = new Uint8Array(
  Buffer.concat([
    ...[PNG_SIGNATURE, pngHeader(50_000, 50_000, { colour: 2 })],
    ...[pngChunk('IDAT', Buffer.alloc(4096)), pngChunk('IEND', Buffer.alloc(0))],
  ]),
)

async function harm(url: string): Promise<{ end(): Promise<Harmed> }> {
  const ended = new AbortController()
  const { signal } = ended
  setMaxListeners(0, signal)
  const idle = await Promise.all(Array.from({ length: IDLE }, () => keptOpen(url, signal)))
  const slow = await Promise.all(Array.from({ length: SLOW }, (_, i) => slowly(url, i % 2 === 0, signal)))
  const hostile = hostileBodies(HOSTILE_BYTES).map(({ body, jsonLength }) => ({ body: body(), jsonLength }))
  const counts = { cut: 0, long: 0, bombs: 0, hostile: 0, busy: 0, pipelined: 0 }
  const failures: string[] = []
  const repeated = async (milliseconds: number, work: () => Promise<void>) => {
    while (!signal.aborted) {
      await work().catch(error => failures.push(String(error)))
      await sleep(milliseconds)
    }
  }
  const loops = [
    repeated(50, async () => {
      const socket = await open(url)
      socket.write('POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc')
      await sleep(20)
      socket.destroy()
      counts.cut++
    }),
    repeated(1000, async () => {
      const status = await statusOf(url, LONG_BODY)
      if (status !== 413 && status !== 'cut') failures.push(`a long body got ${status}`)
      counts.long++
    }),
    repeated(100, async () => {
      const status = await statusOf(url, BOMB)
      if (status !== 413 && status !== 400) failures.push(`a bomb got ${status}`)
      counts.bombs++
    }),
    repeated(5000, async () => {
      const statuses = await Promise.all(hostile.map(each => refusalOf(url, each)))
      const wrong = statuses.filter(status => ![400, 413, 503].includes(status as number))
      if (wrong.length > 0) failures.push(`hostile requests got ${wrong}`)
      counts.hostile += statuses.length
      counts.busy += statuses.filter(status => status === 503).length
    }),
    repeated(1000, async () => {
      const socket = await open(url)
      socket.resume().write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(PIPELINED))
      await new Promise(resolve => socket.once('close', resolve)) // perhaps with an error
      counts.pipelined++
    }),
  ]
  return {
    async end() {
      ended.abort()
      await Promise.all(loops)
      const closed = Promise.all(slow.map(socket => (socket.closed ? undefined : once(socket, 'close'))))
      await Promise.race([closed, sleep(PATIENCE_MS)])
      const open = slow.filter(socket => !socket.closed).length
      if (open > 0) failures.push(`${open} slow connections are still open`)
      for (const close of idle) close()
      for (const socket of slow) socket.destroy()
      const text = `${IDLE} idle connections, which are opened again when the server closes them; ${SLOW} slow ones (all closed by the server), ${counts.cut} cut ones, ${counts.long} bodies of 50 MiB, ${counts.bombs} bombs, ${counts.hostile} requests that would fill the memory (${counts.busy} were told to come later), ${counts.pipelined} connections with ${PIPELINED} requests at once.`
      return { text, failures }
    },
  }
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A connection that sends nothing, and is opened again when the server closes it. Returns what closes it for good. */
async function keptOpen(url: string, signal: AbortSignal): Promise<() => void> {
  let socket = await open(url)
  const onClose = async () => {
    if (signal.aborted) return
    socket = await open(url)
    socket.once('close', onClose)
  }
  socket.resume()
  socket.once('close', onClose)
  return () => socket.destroy()
}

/** A byte a second, of the headers or of the body. It goes on when the other harm has ended: the server has to close it. */
async function slowly(url: string, inHeaders: boolean, signal: AbortSignal): Promise<Socket> {
  const socket = await open(url)
  socket.resume()
  socket.write(
    `POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n${inHeaders ? '' : '\r\n'}`,
  )
  const timer = setInterval(() => socket.write('x'), 1000)
  socket.once('close', () => clearInterval(timer))
  signal.addEventListener('abort', () => timer.unref())
  return socket
}

async function refusalOf(
  url: string,
  { body, jsonLength }: { body: Buffer; jsonLength?: number },
): Promise<number | 'cut'> {
  const headers: Record<string, string> = {}
  if (jsonLength !== undefined) headers['Inference-Header-Content-Length'] = String(jsonLength)
  const found = await post(`${url}/v2/models/scenes/infer`, { headers, body }).catch(() => undefined)
  return found?.status ?? 'cut'
}

async function statusOf(url: string, body: Uint8Array<ArrayBuffer>): Promise<number | 'cut'> {
  const answer = await fetch(`${url}/segment?size=65`, { method: 'POST', body }).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status ?? 'cut'
}

const running = await harm(process.argv[2])
process.once('message', async () => {
  process.send!(await running.end())
  process.disconnect()
})
process.send!('started')
