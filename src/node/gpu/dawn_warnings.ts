// Dawn warns on stderr, from C++, about limits of software adapters that it lowers. The warnings are harmless, and no switch of
// Dawn's turns them off.

import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'

const STDERR = 2
const WARNINGS =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced .*\n( +at .*\n+)*/gm

let filtering = false

/**
 * From now on, `withoutDawnWarnings` keeps these warnings from a terminal or a pipe. It is for a program that owns its process:
 * while Dawn looks for adapters, file descriptor 2 is another file. Threads that open files might take its number, so that a
 * worker thread ends the filtering.
 */
export function filterDawnWarnings(): void {
  // On other systems no software adapter is known to be warned about, and descriptors cannot be opened again by name.
  filtering = process.platform === 'linux'
  process.once('worker', () => {
    filtering = false
  })
}

/** Runs a request for an adapter; Dawn writes the warnings before the call returns. */
export function withoutDawnWarnings<T>(request: () => T): T {
  const stderr = filtering ? openAgain() : undefined
  if (!stderr) return request()
  const scratch = scratchFile()
  try {
    if (scratch === undefined) return request()
    becomeStderr(scratch, constants.O_WRONLY)
    return request()
  } finally {
    if (scratch !== undefined) restore(scratch, stderr)
    closeSync(stderr.descriptor)
  }
}

interface Reopened {
  descriptor: number
  flags: number
}

/** Writes what else came meanwhile. */
function restore(scratch: string, { descriptor, flags }: Reopened): void {
  becomeStderr(`/proc/self/fd/${descriptor}`, flags)
  const rest = readFileSync(scratch, 'utf8').replace(WARNINGS, '')
  rmSync(scratch)
  if (rest !== '') writeSync(STDERR, rest)
}

/**
 * A second descriptor of stderr, where that can be had: of a terminal or a pipe. A file would be written from its start again,
 * and a socket cannot be opened.
 */
function openAgain(): Reopened | undefined {
  const isTerminal = isatty(STDERR)
  if (!isTerminal && !fstatSync(STDERR).isFIFO()) return undefined
  // Without O_NONBLOCK a pipe that nobody reads any more would be waited for.
  const flags = constants.O_WRONLY | (isTerminal ? constants.O_NOCTTY : constants.O_NONBLOCK)
  try {
    return { descriptor: openSync(`/proc/self/fd/${STDERR}`, flags), flags }
  } catch {
    return undefined // such as a terminal of another user
  }
}

/** An empty file; undefined where there is no room for one. */
function scratchFile(): string | undefined {
  const file = join(tmpdir(), `atrous-${randomUUID()}.log`)
  try {
    closeSync(openSync(file, 'wx', 0o600))
    return file
  } catch {
    return undefined
  }
}

/**
 * Node has no dup2; but a file that is opened gets the lowest number that is free, here that of stderr. The number must not stay
 * free: the next file that the process opens would get it, and with it every message.
 */
function becomeStderr(path: string, flags: number): void {
  closeSync(STDERR)
  const opened = openOrNull(path, flags)
  if (opened !== STDERR) closeSync(opened)
}

function openOrNull(path: string, flags: number): number {
  try {
    return openSync(path, flags)
  } catch {
    return openSync('/dev/null', constants.O_WRONLY)
  }
}
