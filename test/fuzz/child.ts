// The process in which main.ts fuzzes one target: it runs the rounds that it is sent, and answers each with its outcome.

import { loadTargets, type Outcome, runRound } from './run_target.ts'

export interface Task {
  round: number
}

export interface Answer extends Outcome {
  round: number
  /** By how many bytes the round raised the process's largest resident size above its size before the round. */
  growth: number
}

const [name, seed, folder] = process.argv.slice(2)
const target = (await loadTargets()).find(each => each.name === name)!
const runOne = await target.prepare(folder)

const largestSize = () => process.resourceUsage().maxRSS * 1024

process.on('message', async ({ round }: Task) => {
  const [size, largest] = [process.memoryUsage.rss(), largestSize()]
  const outcome = await runRound(runOne, Number(seed), round)
  const growth = largestSize() > largest ? largestSize() - size : 0
  // What a round printed reaches the parent before its answer.
  setImmediate(() => process.send!({ ...outcome, round, growth } satisfies Answer))
})
process.send!('ready')
