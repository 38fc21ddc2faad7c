// Clients that do harm, for the soak test: idle, slow and cut connections, long bodies and bombs.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { PNG_SIGNATURE, pngChunk, pngHeader } from '../support/png_chunk.ts'

const IDLE = 1000
const SLOW = 10
/** A server must close a slow connection within this time, in milliseconds: its own limit is a minute. */
const PATIENCE_MS = 75_000

export interface Harm {
  /** Ends it, and tells what came of it. */
  end(): Promise<{ text: string; failures: string[] }>
}

const LONG_BODY = new Uint8Array(50 * 2 ** 20)

const BOMB = new Uint8Array(
  Buffer.concat([
    ...[PNG_SIGNATURE, pngHeader(50_000, 50_000, { colour: 2 })],
    ...[pngChunk('IDAT', Buffer.alloc(4096)), pngChunk('IEND', Buffer.alloc(0))],
  ]),
)

export async function harm(url: string): Promise<Harm> {
  const ended = new AbortController()
  const { signal } = ended
  const idle = await Promise.all(Array.from({ length: IDLE }, () => keptOpen(url, signal)))
  const slow = await Promise.all(Array.from({ length: SLOW }, (_, i) => slowly(url, i % 2 === 0, signal)))
  const counts = { cut: 0, long: 0, bombs: 0 }
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
      socket.write('POST /segment HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc')
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
      const text = `${IDLE} idle connections, which are opened again when the server closes them; ${SLOW} slow ones (all closed by the server), ${counts.cut} cut ones, ${counts.long} bodies of 50 MiB, ${counts.bombs} bombs.`
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
  socket.write(`POST /segment HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n${inHeaders ? '' : '\r\n'}`)
  const timer = setInterval(() => socket.write('x'), 1000)
  socket.once('close', () => clearInterval(timer))
  signal.addEventListener('abort', () => timer.unref())
  return socket
}

async function statusOf(url: string, body: Uint8Array<ArrayBuffer>): Promise<number | 'cut'> {
  const answer = await fetch(`${url}/segment?size=65`, { method: 'POST', body }).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status ?? 'cut'
}
