// What a process needs: `npm run bench:sizing -- [--runs N]`. For each network and size: seconds from the start of a process to its first mask,
// photos a second afterwards on all cores and on one (by Linux's taskset), and memory. Each row is a new process, with the driver's shader
// cache as it is. On a shared machine the fastest call counts. docs/scale.md has the table.

import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { digits, StreamedTable } from '../src/cli/format.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
const PROCESS = fileURLToPath(new URL('sizing_process.mjs', import.meta.url))

/** Network, longest edge, output stride. */
const ROWS: [model: string, size: number, outputStride: number][] = [
  ...[65, 257, 513].map((size): [string, number, number] => ['scenes', size, 16]),
  ...[257, 513, 1025].map((size): [string, number, number] => ['deeplabv3_mobilenet_v2', size, 16]),
  ['deeplabv3_resnet50', 513, 16],
  ['deeplabv3_resnet50', 513, 8],
  ['deeplabv3_resnet101', 513, 16],
]

interface Measured {
  firstMaskSeconds: number
  milliseconds: number[]
  residentBytes: number
  gpuBytes: number
}

function measured(row: (typeof ROWS)[number], through: string[] = []): Measured {
  const [program, ...args] = [...through, process.execPath, PROCESS, ...row.map(String), values.runs]
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
}

const photosPerSecond = ({ milliseconds }: Measured) => 1000 / Math.min(...milliseconds)

console.log(`${availableParallelism()} cores\n`)
const table = new StreamedTable(
  ['network', 'first mask s', 'photos/s', 'on one core', 'resident MB', 'of it buffers MB'],
  44,
)
for (const row of ROWS) {
  const [model, size, outputStride] = row
  const all = measured(row)
  const one = measured(row, ['taskset', '--cpu-list', '0'])
  table.row([
    `${model}, ${size}², output stride ${outputStride}`,
    ...[all.firstMaskSeconds, photosPerSecond(all), photosPerSecond(one)].map(digits),
    ...[all.residentBytes, all.gpuBytes].map(bytes => (bytes / 1e6).toFixed(0)),
  ])
}
