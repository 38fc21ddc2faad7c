// `--shard i/n`: divides the photos among n processes or machines.

import { InvalidArgumentError } from 'commander'
import { UserError } from '../../errors.ts'

/** One of `count` parts, from 0. */
export interface Shard {
  index: number
  count: number
}

/** Kubernetes gives each pod of an indexed Job its number, from 0. */
const JOB_INDEX = 'JOB_COMPLETION_INDEX'

/** `3/8`, or `/8` for the number that Kubernetes gives. */
export function shardOption(text: string): Shard {
  const [, given, counted] = /^(\d*)\/(\d+)$/.exec(text) ?? []
  if (counted === undefined)
    throw new InvalidArgumentError('Expected i/n, such as 0/8 to 7/8, or /8 in a Kubernetes job.')
  const count = Number(counted)
  const index = given === '' ? jobIndex(text) : Number(given)
  if (!(count <= MOST_SHARDS && index < count))
    throw new InvalidArgumentError(
      `Expected a number from 0 to ${Math.min(count, MOST_SHARDS) - 1} before /${counted}, got ${index}.`,
    )
  return { index, count }
}

const MOST_SHARDS = 1e6

function jobIndex(text: string): number {
  const index = process.env[JOB_INDEX]
  if (index === undefined || !/^\d+$/.test(index))
    throw new UserError(
      `--shard ${text}: expected a number in the environment variable ${JOB_INDEX}, got ${index ?? 'none'}`,
    )
  return Number(index)
}

/**
 * Whether the file at this position of all inputs is in the shard: one file in `count`. So the shards have equal numbers of photos, and
 * each reads only its own archives. All of them must be given the same inputs.
 */
export const belongsTo = (shard: Shard | undefined, position: number): boolean =>
  shard === undefined || position % shard.count === shard.index

/** A warning if each pod of an indexed job would segment all photos. */
export function shardWarning(shard: Shard | undefined): string | undefined {
  if (shard || process.env[JOB_INDEX] === undefined) return undefined
  return `${JOB_INDEX} is set, and without --shard /n each pod segments all photos`
}
