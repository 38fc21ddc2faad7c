// A server of a few files for tests in a browser, which a test can make slow, cut short or wrong.

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'

export interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** Sends the body in so many parts, with a pause after each, and the last one never. */
  stallsAfter?: number
}

/** The answer to a path, or the file that holds it; undefined if there is none. */
export type Route = (path: string) => Answer | URL | undefined

export interface StaticServer {
  /** http://127.0.0.1:PORT, which browsers treat as secure: others have no WebGPU. */
  url: string
  /** The paths asked for, in order. */
  asked: string[]
  close(): void
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
}

export async function serveStatic(route: Route): Promise<StaticServer> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const path = pathOf(request)
    asked.push(path)
    const found = route(path)
    if (found instanceof URL) await sendFile(response, found)
    else send(response, path, found ?? { status: 404, body: 'not found' })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}

const pathOf = ({ url = '/' }: IncomingMessage) => decodeURIComponent(url.replace(/[?#].*$/, ''))

async function sendFile(response: ServerResponse, file: URL): Promise<void> {
  const body = await readFile(file).catch(() => undefined)
  send(response, file.pathname, body ? { body } : { status: 404, body: 'not found' })
}

function send(response: ServerResponse, path: string, answer: Answer): void {
  const { status = 200, headers, body = '', stallsAfter } = answer
  const bytes = Buffer.from(body as Uint8Array)
  const type = TYPES[extname(path)] ?? 'application/octet-stream'
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers })
  if (stallsAfter === undefined) response.end(bytes)
  else response.write(bytes.subarray(0, stallsAfter))
}
