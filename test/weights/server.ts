import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'

export interface TestServer {
  url: string
  /** The headers of every GET so far. */
  requests: IncomingHttpHeaders[]
  server: Server
  close: () => void
}

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** An HTTP server on this machine. The handler gets each request and the number of GETs so far, including this one. */
export async function startServer(handler: Handler): Promise<TestServer> {
  const requests: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    if (request.method === 'GET') requests.push(request.headers)
    handler(request, response, requests.length)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, server, close }
}

/** A server of plain sockets on this machine, for answers that no HTTP server gives. It counts the connections. */
export async function startSocketServer(
  handler: (socket: Socket) => void,
): Promise<{ url: string; port: number; count: () => number; close: () => void }> {
  const sockets: Socket[] = []
  const server = createSocketServer(socket => {
    sockets.push(socket.on('error', () => {})) // the client may disconnect
    handler(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, count: () => sockets.length, close }
}

/** Sends part of the content with the whole length, then breaks the connection after a busy client has read the part. */
export function sendAndBreak(response: ServerResponse, content: Uint8Array, length: number): void {
  response.setHeader('Content-Length', content.length)
  response.write(content.subarray(0, length), () => setTimeout(() => response.destroy(), 300))
}

/** Answers like a server with range support: 206 with the rest, or 200 with everything if the version has changed. */
export function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  etag: string,
): void {
  const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  response.setHeader('ETag', etag)
  if (begin >= content.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${content.length}` }).end()
  } else if (begin > 0 && (request.headers['if-range'] ?? etag) === etag) {
    const range = `bytes ${begin}-${content.length - 1}/${content.length}`
    response.writeHead(206, { 'Content-Range': range, 'Content-Length': content.length - begin })
    response.end(content.subarray(begin))
  } else {
    response.setHeader('Content-Length', content.length)
    response.end(content)
  }
}
