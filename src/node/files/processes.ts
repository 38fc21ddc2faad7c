// The processes on this machine.

import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Whether a process of this number exists on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let machine: string | undefined

/**
 * Eight hex digits that identify the set of processes that `isAlive` sees. Two containers may share a folder and a host name, but
 * have separate process numbers.
 */
export function machineId(): string {
  machine ??= createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8)
  return machine
}

/** Linux's name for a container's process namespace; other systems have only one. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
