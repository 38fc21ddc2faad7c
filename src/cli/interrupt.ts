// Signals that ask a command to end: Ctrl-C, `kill`, and a terminal that was closed.

import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export type EndSignal = keyof typeof EXIT_CODES

const SIGNALS = Object.keys(EXIT_CODES) as EndSignal[]

/** Ends a command that has said and kept what it had to: `run` returns the exit code. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
  readonly signal: EndSignal

  constructor(signal: EndSignal) {
    super(`interrupted by ${signal}`)
    this.signal = signal
  }

  /** As a shell reports a process that the signal ended: 128 and the signal's number. */
  get exitCode(): number {
    return EXIT_CODES[this.signal]
  }
}

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** The first signal, once it came. */
  readonly error: InterruptedError | undefined
  /** Throws an InterruptedError once a signal came. */
  check(): void
  /** Waits for work that is worth nothing once the command is to end. Then throws an InterruptedError and lets the work go. */
  orEnd<T>(work: Promise<T>): Promise<T>
  /** From here on signals end the process as ever. */
  release(): void
}

/** One Ctrl-C may arrive twice, since npx and npm pass on what the terminal has sent already. */
const SAME_REQUEST_MS = 1000

/** Asked early: once a terminal was closed, it is none any more. */
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
    orEnd: work => orAborted(work, controller.signal),
    release() {
      for (const name of SIGNALS) process.off(name, onSignal)
      if (!error) process.stderr.off('error', ignore) // what was said last may fail only later
    },
  }
}

/** Undefined where a signal ended the work. */
export async function unlessInterrupted<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof InterruptedError) return undefined
    throw error
  }
}

/** After SIGHUP there may be no terminal to write to: no reason to lose what is to be kept. */
const ignore = () => {}

/** Work that goes on though nobody waits for it any more. */
const letGo = new Set<Promise<unknown>>()

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const ended = work.catch(ignore).finally(() => letGo.delete(ended))
      letGo.add(ended)
      reject(signal.reason)
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** So long does the process wait for work that was let go, in milliseconds. */
const PATIENCE_MS = 2000

/**
 * Ends the process after a command that was interrupted, by its exit code or by the signal itself: a shell reports the same code.
 * `process.exit` would crash where work that was let go keeps the GPU's driver busy. And Node itself aborts where it cannot reset
 * a terminal that was closed.
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

/** Ends the process at once, as the signal does where nobody catches it. */
function dieBy(signal: EndSignal): void {
  // Windows has no such signals, and the system protects the first process of a container from its own.
  if (process.platform === 'win32' || process.pid === 1) process.exit(EXIT_CODES[signal])
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}
