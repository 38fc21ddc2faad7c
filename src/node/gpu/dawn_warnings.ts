// Filters Dawn's warnings on stderr, from C++, that it lowers limits of software adapters. The warnings are harmless, and Dawn
// has no switch to turn them off. They stay where stderr is a socket, which cannot be opened again, and Node has no dup. In a file that is not
// appended to (`2>file`), blanks replace them: opened again, it would be written from its start, and others may write to it, too.

import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'

const STDERR = 2
const WARNINGS =
  /^Warning: maxDynamic(Uniform|Storage)BuffersPerPipelineLayout artificially reduced .*\n( +at .*\n+)*/gm

let filtering = false

/**
 * Makes `withoutDawnWarnings` hide these warnings from now on, if stderr is a terminal, a pipe or a file. Only for a program that owns
 * its process: while Dawn looks for adapters, file descriptor 2 is another file. A thread that opens files could get this number,
 * so starting a worker thread ends the filtering.
 */
export function filterDawnWarnings(): void {
  // On other systems no such warning is known, and descriptors cannot be opened again by name.
  filtering = process.platform === 'linux'
  process.once('worker', () => {
    filtering = false
  })
}

/** Runs a request for an adapter. Dawn writes the warnings before the call returns. */
export function withoutDawnWarnings<T>(request: () => T): T {
  if (!filtering) return request()
  const stderr = openAgain()
  if (!stderr) return blanked(request)
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

/** Runs the request, and writes blanks over the warnings that it leaves in a file. */
function blanked<T>(request: () => T): T {
  const start = positionInFile()
  try {
    return request()
  } finally {
    if (start !== undefined) blankOut(start, positionInFile()!)
  }
}

/** How many bytes of stderr are written, if it is a file. */
function positionInFile(): number | undefined {
  try {
    const [, position] = /^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, 'utf8')) ?? []
    return fstatSync(STDERR).isFile() ? Number(position) : undefined
  } catch {
    return undefined
  }
}

function blankOut(start: number, end: number): void {
  try {
    const file = openSync(`/proc/self/fd/${STDERR}`, 'r+')
    const bytes = Buffer.alloc(end - start)
    readSync(file, bytes, 0, bytes.length, start)
    for (const { 0: warning, index } of bytes.toString('latin1').matchAll(WARNINGS))
      writeSync(file, `${' '.repeat(warning.length - 1)}\n`, start + index, 'latin1')
    closeSync(file)
  } catch {
    // such as a file that only root may read: the warnings stay
  }
}

interface Reopened {
  descriptor: number
  flags: number
}

/** Restores stderr and writes everything except the warnings to it. */
function restore(scratch: string, { descriptor, flags }: Reopened): void {
  becomeStderr(`/proc/self/fd/${descriptor}`, flags)
  const rest = readFileSync(scratch, 'utf8').replace(WARNINGS, '')
  rmSync(scratch)
  if (rest !== '') writeSync(STDERR, rest)
}

/** A second descriptor of stderr if it is a terminal, a pipe or an appended file. Another file would be written from its start again. */
function openAgain(): Reopened | undefined {
  try {
    const way = wayToOpen()
    if (way === undefined) return undefined
    const flags = constants.O_WRONLY | way
    return { descriptor: openSync(`/proc/self/fd/${STDERR}`, flags), flags }
  } catch {
    return undefined // such as a terminal of another user
  }
}

function wayToOpen(): number | undefined {
  if (isatty(STDERR)) return constants.O_NOCTTY
  const stderr = fstatSync(STDERR)
  if (stderr.isFIFO()) return constants.O_NONBLOCK // Opening a pipe without a reader would block.
  const [, flags] = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${STDERR}`, 'utf8')) ?? []
  const isAppended = stderr.isFile() && (Number.parseInt(flags, 8) & constants.O_APPEND) !== 0
  return isAppended ? constants.O_APPEND : undefined
}

/** An empty temporary file; undefined if it cannot be created. */
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
 * Replaces stderr without dup2, which Node lacks: a newly opened file gets the lowest free number, here that of stderr. The
 * number must not stay free, or the next file that the process opens would receive every message.
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
