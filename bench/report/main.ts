// `npm run report`: everything that a GPU can tell, in one JSON: whether it computes correctly, what tuning finds, how fast kernels,
// networks and training steps are, and what share of its ceilings they reach.
//   npm run report -- [--small] [--only STEP,…] [--out FILE]

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Report, type ReportStep, reportFileName } from '../../src/bench/report.ts'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { version } from '../../src/node/version.ts'
import { machine, ROOT } from './machine.ts'
import { type Step, steps } from './steps.ts'

const HELP = `usage: npm run report -- [options]

  --small         small sizes and few repetitions, for software adapters
  --only STEPS    these steps only (${Object.keys(steps).join(', ')})
  --out FILE      default: bench/results/ADAPTER-RUNTIME-DATE.json`

const { values: options } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}
const names = options.only?.split(',') ?? Object.keys(steps)
const unknown = names.find(name => !(name in steps))
if (unknown !== undefined) {
  console.error(`no such step: ${unknown}; there are ${Object.keys(steps).join(', ')}`)
  process.exit(1)
}

const about = { atrous: version, small: options.small, ...(await machine()) }
const file = options.out ?? join(ROOT, 'bench/results', reportFileName(about))
const done: Record<string, ReportStep<unknown>> = {}
const report: Report = { ...about, finished: false, steps: done }
for (const [i, name] of names.entries()) {
  console.error(`${name} (${i + 1} of ${names.length}) …`)
  done[name] = await run(steps[name])
  report.finished = i === names.length - 1
  // After each step and whole or not at all: a GPU that hangs later does not take the results along.
  await writeFileAtomic(file, `${JSON.stringify(report, undefined, 1)}\n`)
}
const failed = Object.entries(done).filter(([, step]) => 'error' in step)
for (const [name, step] of failed) console.error(`${name} failed: ${(step as { error: string }).error}`)
console.log(file)
process.exitCode = failed.length > 0 ? 1 : 0

async function run(step: Step): Promise<ReportStep<unknown>> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  try {
    const result = await step(options)
    return { seconds: seconds(), result }
  } catch (error) {
    const { message } = error as Error
    console.error(`  ${message}`)
    return { seconds: seconds(), error: message }
  }
}
