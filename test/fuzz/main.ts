// npm run fuzz: damages every kind of input many thousand times, and reports those that gave neither a result nor one clear line.

import { parseArgs } from 'node:util'
import { fuzz, type Report } from './fuzz_process.ts'
import { loadTargets } from './run_target.ts'

const USAGE = `npm run fuzz -- [--seed N] [--mutants N] [--target NAME]… [--round N]
  --seed     determines every mutant; default: from the clock
  --mutants  of all targets together; default 20000
  --target   only this one; may be given several times
  --round    only the round of this number, to reproduce a failure`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    mutants: { type: 'string', default: '20000' },
    target: { type: 'string', multiple: true },
    round: { type: 'string' },
    help: { type: 'boolean' },
  },
})

async function main(): Promise<number> {
  const names = (await loadTargets()).map(({ name }) => name)
  const targets = values.target ?? names
  const unknown = targets.find(name => !names.includes(name))
  if (unknown !== undefined) {
    console.error(`there is no target ${unknown}; there are ${names.join(', ')}`)
    return 1
  }
  const seed = Number(values.seed ?? Date.now() % 2 ** 31)
  const count = Math.ceil(Number(values.mutants) / targets.length)
  const rounds = values.round === undefined ? [...Array(count).keys()] : [Number(values.round)]
  console.log(`seed ${seed}, ${rounds.length} mutants of each of ${targets.length} targets`)
  const reports: Report[] = []
  for (const target of targets) {
    const report = await fuzz(target, { seed, rounds })
    reports.push(report)
    describe(report, seed)
  }
  console.table(reports.map(row))
  return reports.some(({ failures }) => failures.length > 0) ? 1 : 0
}

function describe({ target, failures }: Report, seed: number): void {
  for (const { round, problem } of failures.slice(0, 20)) {
    console.log(`${target}: ${problem}`)
    console.log(`  again: npm run fuzz -- --seed ${seed} --target ${target} --round ${round}`)
  }
  if (failures.length > 20) console.log(`${target}: and ${failures.length - 20} more`)
}

const row = ({ target, rounds, read, refused, failures, slowestMilliseconds, largestGrowth }: Report) => ({
  ...{ target, mutants: rounds, read, refused, failed: failures.length },
  'slowest (ms)': Math.round(slowestMilliseconds),
  'memory (MB)': Math.round(largestGrowth / 1e6),
})

if (values.help) console.log(USAGE)
else process.exitCode = await main()
