// Runs the probe in one cell of the matrix, in a process of its own, for a bounded time.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cell, driverFile, driverInstall } from './cells.ts'
import type { SharedJob } from './job.ts'
import { type PartName, type ProbeReport, partNames } from './probe/report.ts'
import { runtimes } from './runtimes.ts'
import { serveProbe } from './server.ts'

export interface CellResult {
  cell: string
  /** `absent`: the cell's runtime, driver or GPU is not on this machine. */
  state: 'passed' | 'failed' | 'absent'
  /** Why it is absent, or why it did not come to its end. */
  reason?: string
  /** The runtime and its version. */
  runtime?: string
  report?: ProbeReport
  seconds: number
}

export interface CellRun extends SharedJob {
  bundle: string
  /** Default: all. */
  parts?: readonly PartName[]
  onProgress(text: string): void
}

export async function runCell(cell: Cell, run: CellRun): Promise<CellResult> {
  const runtime = runtimes[cell.runtime]
  const executable = runtime.find()
  const absent = (reason: string) => ({ cell: cell.name, state: 'absent' as const, reason, seconds: 0 })
  if (!executable) return absent(`${cell.runtime} is not installed: ${runtime.install}`)
  const driver = cell.driver && driverFile(cell.driver)
  if (cell.driver && !driver) return absent(`${cell.driver} is not installed: ${driverInstall(cell.driver)}`)
  const start = performance.now()
  const { report, reason } = await probeIn(cell, run, { executable, driver })
  if (cell.hardware && report?.adapter?.software) return absent('this machine has no hardware GPU')
  const failures = report?.parts.flatMap(({ failed }) => failed) ?? []
  return {
    cell: cell.name,
    state: reason === undefined && failures.length === 0 ? 'passed' : 'failed',
    ...{ reason, runtime: runtime.version(executable), report },
    seconds: (performance.now() - start) / 1000,
  }
}

interface Found {
  executable: string
  driver: string | undefined
}

/** The probe's last report, and the reason why it did not finish. */
async function probeIn(
  cell: Cell,
  run: CellRun,
  found: Found,
): Promise<{ report?: ProbeReport; reason?: string }> {
  const profile = mkdtempSync(join(tmpdir(), 'atrous-probe-'))
  let report: ProbeReport | undefined
  let last = 'its start'
  let end = () => {}
  const ended = new Promise<undefined>(resolve => {
    end = () => resolve(undefined)
  })
  const { parts = partNames, bundle, files } = run
  const server = await serveProbe({
    ...{ bundle, files },
    onProgress(text) {
      last = text
      run.onProgress(text)
    },
    job: { ...run.job, request: cell.request ?? {}, parts, layers: cell.layers ?? true },
    onReport(latest) {
      report = latest
      if (latest.finished || latest.error !== undefined || isForNobody(cell, latest)) end()
    },
  })
  const args = runtimes[cell.runtime].start({ bundle, server: server.url, profile, flags: cell.flags ?? [] })
  const child = spawn(found.executable, args, {
    env: { ...process.env, ...environmentOf(found), ...cell.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, which ends with all processes of a browser
  })
  const kill = () => endGroup(child)
  process.once('exit', kill) // also if this process is interrupted
  try {
    const reason = await Promise.race([ended, earlyEnd(child), timeLimit(cell.minutes)])
    if (report?.finished) return { report }
    return { report, reason: report?.error ?? `${reason}, after ${last}` }
  } finally {
    process.off('exit', kill)
    kill()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

const isForNobody = ({ hardware }: Cell, { adapter }: ProbeReport) => hardware && adapter?.software

const environmentOf = ({ driver }: Found): Record<string, string> => ({
  XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(), // Mesa warns without one
  ...(driver !== undefined && { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver }),
})

/** Why the process ended: the last line that it wrote to stderr. */
async function earlyEnd(child: ChildProcess): Promise<string> {
  let lines: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines = [...lines, ...text.split('\n').filter(line => line.trim() !== '')].slice(-3)
  })
  return new Promise(resolve => {
    child.on('error', error => resolve(error.message))
    child.on('close', (code, signal) =>
      resolve(`the process ended early (${signal ?? code}): ${lines.join(' | ')}`),
    )
  })
}

const timeLimit = (minutes: number) =>
  new Promise<string>(resolve => {
    setTimeout(() => resolve(`it did not end within ${minutes} minutes`), minutes * 60_000).unref()
  })

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
