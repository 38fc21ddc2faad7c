// The process in which main.ts fuzzes one target. It runs the requested rounds, and answers each with its outcome.

import { loadTargets, type Outcome, runRound } from './run_target.ts'

export interface Task {
  round: number
}

export interface Answer extends Outcome {
  round: number
  /** The growth of the process's peak resident size in the round, above its size before, in bytes. */
  growth: number
}

const [name, seed, folder, targets] = process.argv.slice(2)
const target = (await loadTargets(targets)).find(each => each.name === name)!
const runOne = await target.prepare(folder)

const largestSize = () => process.resourceUsage().maxRSS * 1024

process.on('message', async ({ round }: Task) => {
  const [size, largest] = [process.memoryUsage.rss(), largestSize()]
  const outcome = await runRound(runOne, Number(seed), round)
  const growth = largestSize() > largest ? largestSize() - size : 0
  // The output of a round is in its pipe before the answer.
  setImmediate(() => process.send!({ ...outcome, round, growth } satisfies Answer))
})
process.send!('ready')
