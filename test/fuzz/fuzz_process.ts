// One target in a process of its own, so that hangs, crashes, output and memory are seen from outside.

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer, Task } from './child.ts'
import { MOST_MILLISECONDS } from './run_target.ts'

/** What a target's rounds came to. */
export interface Report {
  target: string
  rounds: number
  read: number
  refused: number
  failures: { round: number; problem: string }[]
  slowestMilliseconds: number
  /** The most that one round added to the process's resident size. */
  largestGrowth: number
}

const MOST_GROWTH = 1e9
/** A round that is merely slow is reported as such; one that has not ended by now hangs. */
const HANG_MILLISECONDS = 4 * MOST_MILLISECONDS
const START_MILLISECONDS = 120_000

/** Runs a target's rounds of these numbers. A process that hangs or dies is followed by another, from the next round on. */
export async function fuzz(target: string, seed: number, rounds: number[]): Promise<Report> {
  const report: Report = {
    ...{ target, rounds: rounds.length, read: 0, refused: 0, failures: [] },
    ...{ slowestMilliseconds: 0, largestGrowth: 0 },
  }
  for (let next = 0; next < rounds.length; ) {
    const folder = await mkdtemp(join(tmpdir(), 'atrous-fuzz-'))
    const child = start(target, seed, folder)
    try {
      await child.ready
      for (; next < rounds.length && child.isAlive(); next++)
        note(report, rounds[next], await child.run(rounds[next]))
    } finally {
      await child.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
  return report
}

function note(report: Report, round: number, answer: Answer | string): void {
  if (typeof answer === 'string') {
    report.failures.push({ round, problem: answer })
    return
  }
  const { kind, problem, milliseconds, growth } = answer
  report.slowestMilliseconds = Math.max(report.slowestMilliseconds, milliseconds)
  report.largestGrowth = Math.max(report.largestGrowth, growth)
  if (kind === 'failed') report.failures.push({ round, problem: problem! })
  else if (growth > MOST_GROWTH)
    report.failures.push({ round, problem: `took ${(growth / 1e9).toFixed(1)} GB` })
  else report[kind]++
}

function start(target: string, seed: number, folder: string) {
  const script = fileURLToPath(new URL('child.ts', import.meta.url))
  const child = fork(script, [target, String(seed), folder], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  let printed = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', data => (printed += data))
  const ended = new Promise<string>(resolve =>
    child.once('exit', (code, signal) => resolve(`the process ended: ${signal ?? `exit code ${code}`}`)),
  )
  const isAlive = () => child.exitCode === null && child.signalCode === null
  return {
    isAlive,
    ready: within(START_MILLISECONDS, Promise.race([message(child), ended])).then(first => {
      if (first !== 'ready') throw new Error(`${target}: cannot prepare: ${first ?? 'it hangs'}\n${printed}`)
    }),
    /** What a round came to, or in words what became of the process. */
    async run(round: number): Promise<Answer | string> {
      printed = ''
      child.send({ round } satisfies Task)
      const answer = await within(HANG_MILLISECONDS, Promise.race([message(child), ended]))
      if (answer === undefined) {
        child.kill('SIGKILL')
        await ended
        return `hung for ${HANG_MILLISECONDS / 1000} s`
      }
      if (typeof answer === 'string') return `${answer}; it printed ${JSON.stringify(printed.slice(0, 2000))}`
      return printed === '' ? (answer as Answer) : `printed ${JSON.stringify(printed.slice(0, 2000))}`
    },
    async stop(): Promise<void> {
      if (isAlive()) child.kill('SIGKILL')
      await ended
    },
  }
}

const message = (child: ChildProcess) =>
  new Promise<unknown>(resolve => {
    child.once('message', resolve)
  })

/** What a promise gives; undefined where that takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
