// The connection to Redis: checked once at the start, then kept through restarts of the server.

import type { Redis } from 'ioredis'
import { UserError } from '../errors.ts'
import { shownUrl } from '../library/downloads.ts'
import { printable } from '../printable.ts'
import { peerPackage } from './peer_package.ts'

/** Redis may start at the same time as the worker. */
const FIRST_CONNECTION_SECONDS = 10
const LONGEST_WAIT_MS = 2000

/**
 * Connects to Redis by a redis: or rediss: URL. A connection that breaks later is opened again for as long as it takes; commands
 * wait for that. Throws a UserError if Redis does not answer within ten seconds, or refuses the user.
 */
export async function connectRedis(url: string): Promise<Redis> {
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url))
    throw new UserError(`--redis ${shownUrl(url)}: expected a URL, such as redis://localhost:6379`)
  const { Redis } = await peerPackage('ioredis bullmq', () => import('ioredis'))
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: tries => Math.min(100 * tries, LONGEST_WAIT_MS),
  })
  let problem = 'it does not answer'
  const onError = (error: Error) => {
    problem = printable(error.message || String((error as NodeJS.ErrnoException).code))
  }
  redis.on('error', onError)
  try {
    await answered(redis)
    return redis
  } catch (error) {
    redis.disconnect()
    throw new UserError(
      `--redis ${shownUrl(url)}: cannot reach Redis: ${error instanceof NoAnswer ? problem : printable((error as Error).message)}`,
    )
  } finally {
    redis.off('error', onError)
  }
}

class NoAnswer extends Error {}

async function answered(redis: Redis): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer()), FIRST_CONNECTION_SECONDS * 1000)
  })
  await Promise.race([redis.ping(), late]).finally(() => clearTimeout(timer))
}
