// `npm run test:adapters`: runs the probe in each cell of the matrix, and prints a table.
//   npm run test:adapters -- [--only CELL,…] [--parts PART,…] [--fast] [--json]

import { parseArgs } from 'node:util'
import { bundleProbe } from './bundle.ts'
import { type Cell, cells } from './cells.ts'
import { installRuntimes } from './install.ts'
import { sharedJob } from './job.ts'
import { matrixText } from './matrix_text.ts'
import { type PartName, partNames } from './probe/report.ts'
import { type CellResult, runCell } from './run_cell.ts'

const HELP = `usage: npm run test:adapters -- [options]

  --only CELLS    run these cells only, such as deno,firefox
                  (${cells.map(({ name }) => name).join(', ')})
  --parts PARTS   run these parts only
                  (${partNames.join(', ')})
  --fast          run what CI runs
  --json          print an object

The exit code is 1 if a cell fails. A cell whose runtime or driver is not
installed says what to install, and counts as absent.`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    parts: { type: 'string' },
    fast: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) {
  console.log(HELP)
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const wanted = wantedCells()
const wantedParts = checked('part', options.parts, partNames) as PartName[] | undefined
if (wanted.some(({ runtime }) => runtime === 'bun' || runtime === 'deno')) installRuntimes()
const [bundle, shared] = [await bundleProbe(), await sharedJob()]
const results: CellResult[] = []
for (const cell of wanted) results.push(await run(cell))
console.log(
  options.json
    ? JSON.stringify({ date: new Date().toISOString(), results }, undefined, 1)
    : matrixText(results),
)
process.exitCode = results.some(({ state }) => state === 'failed') ? 1 : 0

function wantedCells(): Cell[] {
  const names = checked(
    'cell',
    options.only,
    cells.map(({ name }) => name),
  )
  return cells.filter(({ name, fast }) => (names ? names.includes(name) : !options.fast || fast))
}

function checked(what: string, list: string | undefined, known: readonly string[]): string[] | undefined {
  const given = list?.split(',')
  const unknown = given?.find(name => !known.includes(name))
  if (unknown === undefined) return given
  console.error(`no such ${what}: ${unknown}; there are ${known.join(', ')}`)
  process.exit(1)
}

/** Runs a cell and says on stderr how it goes. */
async function run(cell: Cell): Promise<CellResult> {
  const show = (text: string) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${cell.name}: ${text}`)
  const parts = wantedParts ?? (options.fast ? cell.fast : undefined)
  const result = await runCell(cell, { ...shared, bundle, parts, onProgress: show })
  show('')
  const { state, reason, seconds } = result
  process.stderr.write(`\r${cell.name}: ${state}${reason ? `, ${reason}` : ''} (${seconds.toFixed(0)} s)\n`)
  return result
}
