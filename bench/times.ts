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

/** Sums over the kernels of each shader, the longest first. */
export function byShader(times: readonly KernelTime[]) {
  return [...new Set(times.map(({ kernel }) => kernel.shader))]
    .map(shader => {
      const all = times.filter(({ kernel }) => kernel.shader === shader)
      return { shader, dispatches: all.length, milliseconds: totalTime(all), gflops: gflops(all) }
    })
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

/** Prints the time of each shader, then that of each op, the longest first. */
export function printProfile(times: readonly KernelTime[]): void {
  const share = (milliseconds: number) => digits((100 * milliseconds) / totalTime(times))
  const shaders = new Table(['shader', 'dispatches', 'ms', 'share %', 'GFLOP/s'], 48)
  for (const { shader, dispatches, milliseconds, gflops } of byShader(times))
    shaders.row([shader, String(dispatches), digits(milliseconds), share(milliseconds), digits(gflops)])
  console.log()
  const ops = new Table(['op', 'ms', 'share %', 'GFLOP/s'], 96)
  for (const time of times.toSorted((a, b) => b.milliseconds - a.milliseconds)) {
    const { kernel, milliseconds } = time
    ops.row([
      `${kernel.label} (${kernel.shader})`,
      ...[digits(milliseconds), share(milliseconds), digits(gflops([time]))],
    ])
  }
  console.log()
}

const totalTime = (times: readonly KernelTime[]) =>
  times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)

/** Undefined where a kernel does not count its multiply-adds. */
function gflops(times: readonly KernelTime[]): number | undefined {
  const macs = times.reduce((sum, { kernel }) => sum + (kernel.macs ?? Number.NaN), 0)
  return Number.isNaN(macs) ? undefined : (2 * macs) / totalTime(times) / 1e6
}
