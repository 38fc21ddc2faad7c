// What Linux tells of a browser's processes.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const USER_TICKS = 11 // after the process's name: see proc(5)
const SYSTEM_TICKS = 12

/** The renderers and the GPU process. */
export async function processesOf(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return processInfo.filter(({ type }) => type === 'renderer' || type === 'GPU').map(({ id }) => id)
}

/** The CPU time that processes have used so far, over all cores. */
export const processorMilliseconds = (pids: readonly number[]): number =>
  sum(pids.map(processorMillisecondsOf))

function processorMillisecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) * 1000) / TICKS_PER_SECOND
}

/** The bytes of memory that processes have now, without those of files, such as their programs. */
export const residentBytes = (pids: readonly number[]): number => sum(pids.map(residentBytesOf))

function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1])
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
