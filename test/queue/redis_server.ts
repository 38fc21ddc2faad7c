// A real Redis on a free port of this machine, with its append-only file in a temporary folder.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { skip } from '../support/skip.ts'

export interface RedisServer {
  url: string
  /** Starts it again on the same port, with what its append-only file holds. */
  start(): Promise<void>
  /** SIGKILL is a crash: what was written in the last second may be lost. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Stops it, and removes its files. */
  remove(): Promise<void>
}

/** Whether this machine has redis-server. */
export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/** For `before`: skips the suite, saying so, where there is no redis-server. */
export function needsRedis(this: Mocha.Context): void {
  if (!hasRedis()) skip(this, 'redis-server is absent: node scripts/test_tools.mjs redis installs it')
}

export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'atrous-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined
  const start = async () => {
    const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    const keeping = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction']
    server = spawn('redis-server', [...address, ...keeping], { stdio: 'ignore' })
    await untilReady(url)
  }
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  await start()
  return { url, start, stop, remove: () => stop('SIGKILL').then(() => rm(folder, { recursive: true })) }
}

/** Redis answers while it still loads its file, but with an error. */
async function untilReady(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => {})
  await redis.ping()
  redis.disconnect()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return (address as { port: number }).port
}
