// Runs rounds of fuzz targets, and decides which results are failures.

import { readdir } from 'node:fs/promises'
import { UserError } from '../../src/errors.ts'
import { CheckpointMismatch } from '../../src/weights/match_parameters.ts'
import { seededRandom } from '../support/mutants.ts'
import { processorMilliseconds } from '../support/processor_time.ts'
import type { FuzzRound, FuzzTarget } from './target.ts'

/** The outcome of a round: the input was read or correctly refused, or `problem` describes the failure. */
export interface Outcome {
  kind: 'read' | 'refused' | 'failed'
  problem?: string
  /** Of processor time, which other programs do not lengthen. */
  milliseconds: number
}

const MAX_MILLISECONDS = 2_000
/** The longest message. It has room for a path in the system's temporary folder and a few names of 100 characters. */
const LONGEST_MESSAGE = 1_000

/** Every target that the files in a folder next to this file export, alone or in a list, sorted by name. */
export async function loadTargets(name = 'targets'): Promise<FuzzTarget[]> {
  const folder = new URL(`${name}/`, import.meta.url)
  const files = (await readdir(folder)).filter(name => name.endsWith('.ts'))
  const modules: object[] = await Promise.all(files.map(name => import(new URL(name, folder).href)))
  const targets = modules.flatMap(module => Object.values(module).flat().filter(isTarget))
  return targets.sort((a, b) => (a.name < b.name ? -1 : 1))
}

const isTarget = (value: unknown): value is FuzzTarget =>
  typeof value === 'object' && value !== null && 'name' in value && 'prepare' in value

/** Runs the round with this number. The seed and the number determine the damage, independent of earlier rounds. */
export async function runRound(round: FuzzRound, seed: number, number: number): Promise<Outcome> {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) + number)
  let result: Pick<Outcome, 'kind' | 'problem'>
  const milliseconds = await processorMilliseconds(async () => {
    result = await attempt(round, random)
  })
  if (milliseconds <= MAX_MILLISECONDS) return { ...result!, milliseconds }
  return {
    kind: 'failed',
    problem: `took ${(milliseconds / 1000).toFixed(1)} s of processor time`,
    milliseconds,
  }
}

async function attempt(round: FuzzRound, random: () => number): Promise<Pick<Outcome, 'kind' | 'problem'>> {
  try {
    await round(random)
    return { kind: 'read' }
  } catch (error) {
    const problem = problemOf(error)
    return problem === undefined ? { kind: 'refused' } : { kind: 'failed', problem }
  }
}

/** The fault of an error as a response to bad input; undefined if it is one clear line. */
export function problemOf(error: unknown): string | undefined {
  if (error instanceof AggregateError)
    return error.errors.map(problemOf).find(problem => problem !== undefined)
  if (!(error instanceof UserError))
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  // A list of tensors has a line for each kind of mismatch.
  const lines = error instanceof CheckpointMismatch ? error.message.split('\n') : [error.message]
  const problem =
    lines.length > 4 ? 'too many lines' : lines.map(lineProblem).find(each => each !== undefined)
  return problem && `${problem}: ${JSON.stringify(error.message.slice(0, 2 * LONGEST_MESSAGE))}`
}

function lineProblem(line: string): string | undefined {
  if (line.trim() === '') return 'an empty line'
  if (line.length > LONGEST_MESSAGE) return `a line of ${line.length} characters`
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(line)) return 'control characters'
  if (/\bundefined\b|\bNaN\b|\[object /.test(line)) return 'a value that means nothing to users'
  return undefined
}
