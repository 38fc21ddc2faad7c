// What benches say about measured times.

import type { KernelTime } from '../src/gpu/program.ts'
import { digits, Table } from './table.ts'

/** The shortest, which noise from other processes disturbs least, and the median. */
export function summary(times: readonly number[]): { minimum: number; median: number } {
  const sorted = times.toSorted((a, b) => a - b)
  return { minimum: sorted[0], median: sorted[Math.floor(sorted.length / 2)] }
}

/** Of each kernel the shortest of its times in several profiles of one program. */
export const fastest = (profiles: readonly KernelTime[][]): KernelTime[] =>
  profiles[0].map((time, i) => ({
    ...time,
    milliseconds: Math.min(...profiles.map(profile => profile[i].milliseconds)),
  }))

/** The sum over the dispatches of each shader, the longest first. */
export function byShader(times: readonly KernelTime[]) {
  return [...new Set(times.map(({ shader }) => shader))]
    .map(shader => {
      const all = times.filter(time => time.shader === shader)
      return { shader, dispatches: all.length, milliseconds: totalOf(all) }
    })
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

/** Prints the time of each shader, then that of each op, the longest first. */
export function printProfile(times: readonly KernelTime[]): void {
  const total = totalOf(times)
  const share = (milliseconds: number) => digits((100 * milliseconds) / total)
  const shaders = new Table(['shader', 'dispatches', 'ms', 'share %'], 48)
  for (const { shader, dispatches, milliseconds } of byShader(times))
    shaders.row([shader, String(dispatches), digits(milliseconds), share(milliseconds)])
  console.log()
  const ops = new Table(['op', 'ms', 'share %'], 96)
  for (const { label, shader, milliseconds } of times.toSorted((a, b) => b.milliseconds - a.milliseconds))
    ops.row([`${label} (${shader})`, digits(milliseconds), share(milliseconds)])
  console.log()
}

const totalOf = (times: readonly KernelTime[]) =>
  times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
