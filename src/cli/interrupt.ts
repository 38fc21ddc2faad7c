// Handles signals that end a command: Ctrl-C, `kill`, and a closed terminal.

import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { orAborted } from '../concurrency.ts'

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export type EndSignal = keyof typeof EXIT_CODES

const SIGNALS = Object.keys(EXIT_CODES) as EndSignal[]

/** Ends a command that has saved its work and printed its messages: `run` returns the exit code. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
  readonly signal: EndSignal

  constructor(signal: EndSignal) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }

  /** The exit code that a shell reports for a process ended by the signal: 128 plus the signal's number. */
  get exitCode(): number {
    return EXIT_CODES[this.signal]
  }
}

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** The error for the first signal, once received. */
  readonly error: InterruptedError | undefined
  /** Throws an InterruptedError if a signal was received. */
  check(): void
  /**
   * Waits for work whose result is useless once a signal ends the command. On a signal throws an InterruptedError and no longer
   * waits for the work.
   */
  orEnd<T>(work: Promise<T>): Promise<T>
  /** Restores the default: signals end the process. */
  release(): void
}

/** One Ctrl-C may arrive twice: npx and npm also forward the terminal's signal. */
const SAME_REQUEST_MS = 1000

/** Checked at the start: a closed terminal no longer counts as one. */
const hasTerminal = [0, 1, 2].some(isatty)

/** Catches the first signal. The second, more than a second later, ends the process at once. */
export function catchSignals(): Interrupt {
  const controller = new AbortController()
  let error: InterruptedError | undefined
  let since = 0
  const onSignal = (signal: EndSignal) => {
    if (error && performance.now() - since > SAME_REQUEST_MS) dieBy(signal)
    if (error) return
    since = performance.now()
    error = new InterruptedError(signal)
    controller.abort(error)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  process.stderr.on('error', ignore)
  return {
    signal: controller.signal,
    get error() {
      return error
    },
    check: () => controller.signal.throwIfAborted(),
    orEnd: work => orLetGo(work, controller.signal),
    release() {
      for (const name of SIGNALS) process.off(name, onSignal)
      if (!error) process.stderr.off('error', ignore) // the last output may fail only later
    },
  }
}

/** The result of the work; undefined if a signal ended it. */
export async function unlessInterrupted<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof InterruptedError) return undefined
    throw error
  }
}

/** After SIGHUP writing to the terminal may fail. This must not prevent saving the work. */
const ignore = () => {}

/** Work that still runs but that nobody waits for. */
const letGo = new Set<Promise<unknown>>()

async function orLetGo<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await orAborted(work, signal)
  } catch (error) {
    if (signal.aborted) {
      const ended = work.catch(ignore).finally(() => letGo.delete(ended))
      letGo.add(ended)
    }
    throw error
  }
}

/** How long the process waits for such work before it ends, in milliseconds. */
const PATIENCE_MS = 2000

/**
 * Ends the process after an interrupted command, by its exit code or by the signal itself: a shell reports the same code.
 * `process.exit` would crash if such work keeps the GPU's driver busy. Node itself aborts if it cannot reset a closed terminal.
 */
export async function endInterrupted(exitCode: number): Promise<void> {
  process.stdout.on('error', ignore)
  await new Promise(resolve => process.stdout.write('', resolve))
  await Promise.race([Promise.all(letGo), sleep(PATIENCE_MS)])
  const signal = SIGNALS.find(name => EXIT_CODES[name] === exitCode)
  const mayCrash = letGo.size > 0 || (signal === 'SIGHUP' && hasTerminal)
  if (signal && mayCrash) dieBy(signal)
  else process.exit(exitCode)
}

/** Ends the process at once, as the signal does by default. */
function dieBy(signal: EndSignal): void {
  // Windows has no such signals. In a container the system protects the first process from its own signals.
  if (process.platform === 'win32' || process.pid === 1) process.exit(EXIT_CODES[signal])
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
