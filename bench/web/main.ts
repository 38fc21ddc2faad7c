// Compares this package with other engines in pages of Chromium, and its pages with Node:
//   npm run bench:web -- [--model mobilenet_v2] [--size 513] [--runs 3] [--node] [--json]
// `--model` is any model that `atrous bench` takes: a backbone (the paper's network on it, with seeded random weights), a preset, or a
// trained model by its path or name. The peers are onnxruntime-web and transformers.js, both on WebGPU, and onnxruntime-web on the
// CPU, with the ONNX file of this package's exporter. With `--node` there are no peers: only this package, in a page and in Node.
//
// Everything runs on SwiftShader, the adapter of headless Chromium, which computes on the CPU. The time is what a user waits for: from
// the photo's pixels in memory to the class of each pixel in memory. Each engine has a page in a browser of its own, which is idle
// while another one runs. Every mask is compared with Node's; if one differs by more than rounding, the bench fails. The
// processor's time, over all cores, is more reliable than the other times on a busy machine.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/errors.ts'
import { installPackages } from '../install_packages.ts'
import { measure, type PageKind, problemOf } from './measure.ts'
import { ratiosOf, text } from './report.ts'
import { writeWorkload } from './workload.ts'

const HERE = new URL('.', import.meta.url)
const OURS = 'atrous'

const PAGE: PageKind = { engine: OURS, page: 'atrous.ts', wasm: [] }
const PEERS: PageKind[] = [
  {
    engine: 'onnxruntime-web, WebGPU',
    page: 'onnxruntime_webgpu.ts',
    wasm: onnxruntime('node_modules', 'asyncify'),
  },
  {
    engine: 'transformers.js, WebGPU',
    page: 'transformers.ts',
    wasm: onnxruntime('node_modules/@huggingface/transformers/node_modules', 'asyncify'),
  },
  { engine: 'onnxruntime-web, CPU', page: 'onnxruntime_wasm.ts', wasm: onnxruntime('node_modules') },
]

/** What a build of onnxruntime-web fetches. transformers.js has a version of its own. */
function onnxruntime(packages: string, ...build: string[]): URL[] {
  const name = ['ort-wasm-simd-threaded', ...build].join('.')
  return ['mjs', 'wasm'].map(ending => new URL(`${packages}/onnxruntime-web/dist/${name}.${ending}`, HERE))
}

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'mobilenet_v2' },
    size: { type: 'string', default: '513' },
    runs: { type: 'string', default: '3' },
    node: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const workload = await mkdtemp(join(tmpdir(), 'atrous-web-'))
try {
  const kinds = values.node ? [PAGE] : [PAGE, ...PEERS]
  if (!values.node) installPackages(HERE, 'onnxruntime-web and transformers.js in bench/web, 600 MB')
  const options = { model: values.model, size: Number(values.size) }
  await writeWorkload(workload, options)
  const measured = await measure(workload, { kinds, runs: Number(values.runs) })
  const report = { ...options, ...measured, chromiumToNode: ratiosOf(measured, OURS) }
  console.log(values.json ? JSON.stringify(report, null, 2) : text(report))
  for (const page of measured.pages) {
    const problem = problemOf(page)
    if (problem) throw new UserError(`${page.engine} is wrong, so its time is meaningless: ${problem}`)
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 1
} finally {
  await rm(workload, { recursive: true })
}
