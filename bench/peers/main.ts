// Compares this package with other engines, on the same adapter with the same weights and input, run alternately:
//   npm run bench:peers -- [--model resnet50] [--output-stride 8] [--size 513] [--runs 3] [--json]
//   npm run bench:peers -- --aspp [--runs 3] [--json]
// The first form runs a whole network: a backbone (resnet50, resnet101, mobilenet_v2: the paper's network on it) or a preset with
// seeded random weights, or a trained model by its path or name. The peers are onnxruntime on WebGPU and on the CPU, which read
// the ONNX file of this package's exporter. The second form runs one 3×3 convolution of ASPP, 33×33×2048 → 256, at rates 6, 12
// and 18; TensorFlow.js on WebGPU is a further peer there.
//
// The time is what a user of the engine waits for: from the normalised image in host memory, in the engine's own layout, to the
// logits in host memory. Weights are uploaded before. Each engine has its own process, which is idle while another one runs. Every
// output is compared with onnxruntime's on the CPU; if one differs, the bench fails.
// On a software adapter and a busy machine, `CPU ms`, the CPU time over all cores, is more reliable than the other times.
// onnxruntime does not report its adapter. Like this package, it requests the high-performance adapter from the same drivers.

import { parseArgs } from 'node:util'
import { SUMMARY, summaryCells } from '../../src/cli/bench/bench_text.ts'
import { digits, table } from '../../src/cli/format.ts'
import { UserError } from '../../src/errors.ts'
import { installPeers } from '../install_packages.ts'
import type { EngineKind } from './engine_process.ts'
import { type EngineTimes, measure } from './measure.ts'
import type { WorkloadOptions } from './workload.ts'

const OURS = 'atrous'
const REFERENCE = 'onnxruntime-cpu'
const NETWORK_ENGINES: EngineKind[] = [
  { name: OURS, module: 'atrous.ts' },
  { name: 'onnxruntime-webgpu', module: 'onnxruntime.ts', args: ['webgpu'] },
  { name: REFERENCE, module: 'onnxruntime.ts', args: ['cpu'] },
]
const CONVOLUTION_ENGINES: EngineKind[] = [
  ...NETWORK_ENGINES,
  { name: 'tensorflow-webgpu', module: 'tensorflow.ts' },
]
const ASPP_RATES = [6, 12, 18]
const HEADINGS = ['engine', 'first ms', ...SUMMARY, 'CPU ms', '÷ ours', 'error']

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resnet50' },
    'output-stride': { type: 'string' },
    size: { type: 'string', default: '513' },
    aspp: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})

interface Result {
  workload: WorkloadOptions
  engines: EngineTimes[]
  /** For each engine: its median time divided by this package's. */
  ratios: Record<string, number>
}

const workloads: WorkloadOptions[] = values.aspp
  ? ASPP_RATES.map(rate => ({ kind: 'aspp', rate }))
  : [
      {
        kind: 'network',
        model: values.model,
        outputStride: values['output-stride'] === undefined ? undefined : Number(values['output-stride']),
        size: Number(values.size),
      },
    ]

async function bench(workload: WorkloadOptions): Promise<Result> {
  const kinds = workload.kind === 'aspp' ? CONVOLUTION_ENGINES : NETWORK_ENGINES
  const engines = await measure(workload, { kinds, reference: REFERENCE, runs: Number(values.runs) })
  return { workload, engines, ratios: ratiosOf(engines) }
}

function ratiosOf(engines: Pick<EngineTimes, 'engine' | 'median'>[]): Record<string, number> {
  const ours = engines.find(({ engine }) => engine === OURS)!.median
  const others = engines.filter(({ engine }) => engine !== OURS)
  return Object.fromEntries(others.map(({ engine, median }) => [engine, median / ours]))
}

/** The total of several workloads. */
const total = (results: Result[]) =>
  results[0].engines.map(({ engine }, i) => ({
    engine,
    median: results.reduce((sum, { engines }) => sum + engines[i].median, 0),
  }))

const nameOf = (workload: WorkloadOptions): string =>
  workload.kind === 'aspp'
    ? `one 3×3 convolution of ASPP, rate ${workload.rate}`
    : `${workload.model}, ${workload.size}×${workload.size}, output stride ${workload.outputStride ?? "the model's"}`

function print({ workload, engines, ratios }: Result): void {
  const rows = engines.map(each => [
    each.engine,
    digits(each.first),
    ...summaryCells(each),
    ...[each.processorMedian, ratios[each.engine]].map(digits),
    each.error.toExponential(0),
  ])
  console.log(`${nameOf(workload)}\n${table([HEADINGS, ...rows], { numbers: 1 })}\n`)
}

try {
  installPeers()
  const results: Result[] = []
  for (const workload of workloads) {
    const result = await bench(workload)
    results.push(result)
    if (!values.json) print(result)
  }
  const { adapter } = results[0].engines.find(({ engine }) => engine === OURS)!
  const ratios = ratiosOf(total(results))
  if (values.json) console.log(JSON.stringify({ adapter, ratios, results }, undefined, 1))
  else {
    const texts = Object.entries(ratios).map(([engine, ratio]) => `${digits(ratio)} × ${engine}`)
    console.log(`${OURS} is as fast as ${texts.join(', ')}, on ${adapter}`)
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
