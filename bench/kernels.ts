// Times the kernels on the cases of their tests: `npx tsx bench/kernels.ts [kernel …] [--json]`. Each is first verified against its
// reference. Times are GPU times, medians of repeated runs after a warm-up. GFLOP/s count every tap of a convolution, including
// those in the padding; GB/s every byte once, as if caches were perfect. "ceiling %" is the share of the adapter's peak that
// limits the kernel; the peaks are measured first.

import { parseArgs } from 'node:util'
import { adapterKey } from '../src/bench/answers/kernel_check.ts'
import { measureCeilings } from '../src/bench/ceilings.ts'
import { ratesOf } from '../src/bench/rates.ts'
import { summary } from '../src/bench/repeat.ts'
import { timeKernel } from '../src/bench/time_kernel.ts'
import { ceilingsText, RATES, ratesCells, SUMMARY, summaryCells } from '../src/cli/bench/bench_text.ts'
import { StreamedTable } from '../src/cli/format.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../src/node/gpu/dawn.ts'
import { verify } from '../test/support/kernel_run.ts'
import { loadSuites } from '../test/support/kernel_suites.ts'

const suites = (await loadSuites()).filter(({ cases }) => cases.some(({ bench }) => bench))
const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const known: string[] = suites.map(({ shader }) => shader)
const unknown = names.filter(name => !known.includes(name))
if (unknown.length > 0) {
  console.error(`no such kernel: ${unknown.join(', ')}; there are ${known.join(', ')}`)
  process.exit(1)
}
const wanted = suites.filter(({ shader }) => names.length === 0 || names.includes(shader))

const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
try {
  const ceilings = await measureCeilings(gpu)
  if (!options.json) console.log(`${gpu.info.description}; ${ceilingsText(ceilings)}\n`)
  const table = options.json ? undefined : new StreamedTable(['case', ...SUMMARY, ...RATES], 72)
  const results = []
  for (const { shader, needs, cases, run } of wanted) {
    if (needs && adapterKey(needs, gpu) === undefined) {
      console.error(`${shader}: this GPU cannot run it`)
      continue
    }
    for (const test of cases.filter(({ bench }) => bench)) {
      const made = run(test, gpu)
      await verify(gpu, made)
      const milliseconds = summary(await timeKernel(gpu, made.kernel, made.data))
      const rates = ratesOf([made.kernel], milliseconds.median, ceilings)
      results.push({ shader, case: test.name, milliseconds, ...rates })
      table?.row([`${shader}: ${test.name}`, ...summaryCells(milliseconds), ...ratesCells(rates)])
    }
  }
  if (options.json) console.log(JSON.stringify({ ceilings, results }))
} finally {
  gpu.destroy()
}
