// Runs one target in a separate process, so that hangs, crashes, output and memory are detected from outside.

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Answer, Task } from './child.ts'

/** The result of a target's rounds. */
export interface Report {
  target: string
  rounds: number
  read: number
  refused: number
  failures: { round: number; problem: string }[]
  slowestMilliseconds: number
  /** The largest growth of the process's resident size in one round. */
  largestGrowth: number
}

const MAX_GROWTH = 2 ** 29
/** When a round counts as hanging, on a clock: long after a slow round would have ended on a busy machine. */
const HANG_MILLISECONDS = 120_000
const START_MILLISECONDS = 600_000

export interface FuzzOptions {
  seed: number
  /** Numbers of the rounds to run. */
  rounds: number[]
  /** The folder of the target. Default: targets. */
  targets?: string
  /** Default: HANG_MILLISECONDS. */
  hangMilliseconds?: number
}

/** Runs a target's rounds. After a process that hangs or dies, another one continues with the next round. */
export async function fuzz(target: string, options: FuzzOptions): Promise<Report> {
  const { rounds } = options
  const report: Report = {
    ...{ target, rounds: rounds.length, read: 0, refused: 0, failures: [] },
    ...{ slowestMilliseconds: 0, largestGrowth: 0 },
  }
  for (let next = 0; next < rounds.length; ) {
    const folder = await mkdtemp(join(tmpdir(), 'atrous-fuzz-'))
    const child = start(target, folder, options)
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
  else if (growth > MAX_GROWTH)
    report.failures.push({ round, problem: `took ${(growth / 1e6).toFixed(0)} MB` })
  else report[kind]++
}

function start(
  target: string,
  folder: string,
  { seed, targets = 'targets', hangMilliseconds = HANG_MILLISECONDS }: FuzzOptions,
) {
  const script = fileURLToPath(new URL('child.ts', import.meta.url))
  const child = fork(script, [target, String(seed), folder, targets], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
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
    /** The outcome of a round, or a description of how the process ended. */
    async run(round: number): Promise<Answer | string> {
      printed = ''
      child.send({ round } satisfies Task)
      const answer = await within(hangMilliseconds, Promise.race([message(child), ended]))
      if (answer === undefined) {
        child.kill('SIGKILL')
        await ended
        return `hung for ${hangMilliseconds / 1000} s`
      }
      // The output of the round is in its pipe when the answer arrives. This turn of the event loop reads the pipe, perhaps after the answer.
      await setImmediate()
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

/** The result of a promise; undefined if it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
