// A server of the shipped model for tests, and photos for it.

import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { DeepLab } from '../../src/node/index.ts'
import { type AtrousServer, createServer, type ServerOptions } from '../../src/server/index.ts'

const SCENE = readFileSync(new URL('../../docs/scene.png', import.meta.url))

/** The edge to which the network scales photos in these tests: small, so that a photo takes milliseconds. */
export const SIZE = 65

/** The edge of a part of the scene, of 640 × 480 pixels. */
const PART = 320

/** A part of the scene as a PNG. Parts at different places have different masks. */
export const scenePart = (left: number, top: number, { side = 65 } = {}): Promise<Buffer> =>
  sharp(SCENE)
    .extract({ left, top, width: PART, height: PART })
    .resize(side, side)
    .removeAlpha()
    .png()
    .toBuffer()

export interface Running {
  server: AtrousServer
  url: string
  model: DeepLab
}

/** Starts a server before the tests of a suite, and closes it after them. */
export function useServer(options: ServerOptions = {}): Running {
  const running = {} as Running
  before(async () => {
    running.model = await DeepLab.load('scenes')
    running.server = createServer({ models: { scenes: running.model }, batchDelay: 0, ...options })
    running.url = await running.server.listen({ port: 0 })
    await running.server.ready()
  })
  after(async () => {
    await running.server.close()
    await running.model.dispose()
  })
  return running
}

/** A BYTES element in binary: its length, in 4 bytes, and its bytes. */
export function bytesElement(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The body and the headers of a request of the binary data extension. */
export function binaryRequest(json: object, ...binary: Uint8Array[]): RequestInit {
  const head = Buffer.from(JSON.stringify(json))
  return {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: new Uint8Array(Buffer.concat([head, ...binary])),
  }
}
