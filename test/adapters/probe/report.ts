// What the probe reports.

import type { Adapter } from '../../../src/bench/adapter.ts'

export const partNames = ['doctor', 'kernels', 'photos', 'training'] as const
export type PartName = (typeof partNames)[number]

/** Something that failed or did not run, and why. */
export interface Finding {
  name: string
  reason: string
}

export interface PartReport {
  part: PartName
  passed: number
  failed: Finding[]
  skipped: Finding[]
  seconds: number
}

export interface ProbeReport {
  /** Absent if there is no adapter. */
  adapter?: Adapter
  parts: PartReport[]
  /** False as long as the probe runs: its last report says whether it came to its end. */
  finished: boolean
  /** Why it did not. */
  error?: string
}

/** The results of a part so far. */
export interface Tally {
  pass(): void
  skip(name: string, reason: string): void
  /** Counts `check` as passed, as skipped if it returns a reason as text, or as failed for the reason that it throws. */
  attempt(name: string, check: () => Promise<unknown>): Promise<void>
}

/** Runs a part and counts what passed. */
export async function runPart(part: PartName, run: (tally: Tally) => Promise<void>): Promise<PartReport> {
  const report: PartReport = { part, passed: 0, failed: [], skipped: [], seconds: 0 }
  const start = performance.now()
  const fail = (name: string) => (error: unknown) => {
    report.failed.push({ name, reason: reasonOf(error) })
  }
  const tally: Tally = {
    pass: () => {
      report.passed++
    },
    skip: (name, reason) => {
      report.skipped.push({ name, reason })
    },
    attempt: (name, check) =>
      check().then(
        reason => (typeof reason === 'string' ? tally.skip(name, reason) : tally.pass()),
        fail(name),
      ),
  }
  await run(tally).catch(fail(part))
  report.seconds = (performance.now() - start) / 1000
  return report
}

const MAX_LINES = 3

/** The first lines of an error: compilers of shaders print long ones, some of which begin with an empty line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const lines = text.split('\n').map(line => line.trim())
  return lines
    .filter(line => line !== '')
    .slice(0, MAX_LINES)
    .join(' | ')
}
