// The time of a program, by shader and by op.

import type { KernelTime } from '../gpu/program.ts'
import type { Ceilings } from './ceilings.ts'
import { type Rates, ratesOf } from './rates.ts'

export interface Profile {
  shaders: ProfileRow<{ shader: string; dispatches: number }>[]
  ops: ProfileRow<{ op: string; shader: string }>[]
}

type ProfileRow<Key> = Key &
  Rates & {
    milliseconds: number
    /** The share of the program's time, 0 to 1. */
    share: number
  }

/**
 * Takes each kernel's shortest time from several profiles of one program. In both parts, the row with the longest time is
 * first.
 */
export function profileOf(runs: readonly KernelTime[][], ceilings: Ceilings): Profile {
  const times = fastest(runs)
  const total = sum(times)
  const row = <Key>(key: Key, its: readonly KernelTime[]): ProfileRow<Key> => {
    const milliseconds = sum(its)
    const kernels = its.map(({ kernel }) => kernel)
    return { ...key, milliseconds, share: milliseconds / total, ...ratesOf(kernels, milliseconds, ceilings) }
  }
  const shaders = [...new Set(times.map(({ kernel }) => kernel.shader.name))].map(shader => {
    const its = times.filter(({ kernel }) => kernel.shader.name === shader)
    return row({ shader, dispatches: its.length }, its)
  })
  const ops = times.map(time => row({ op: time.kernel.label, shader: time.kernel.shader.name }, [time]))
  return { shaders: shaders.sort(longestFirst), ops: ops.sort(longestFirst) }
}

const longestFirst = (a: { milliseconds: number }, b: { milliseconds: number }) =>
  b.milliseconds - a.milliseconds

const fastest = (runs: readonly KernelTime[][]): KernelTime[] =>
  runs[0].map((time, i) => ({ ...time, milliseconds: Math.min(...runs.map(run => run[i].milliseconds)) }))

const sum = (times: readonly KernelTime[]) =>
  times.reduce((total, { milliseconds }) => total + milliseconds, 0)
