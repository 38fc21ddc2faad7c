// Compiles every pipeline of a network or of a training step with Mesa's compilers for AMD, Intel, Qualcomm and NVIDIA, on a machine
// without such a GPU, and says what they made of it:
//   npm run isa -- [--gpu navi31,navi21,gfx1201,dg2,tgl,bmg,a740,rtx3090] [--model resnet50@8,resnet50@16,mobilenet_v2@16] [--size 513]
//                  [--precision fp16] [--kernel conv2d_tiled] [--force 'conv2d_tiled 4×8 of 64×64, depth 16']
//                  [--compare COMMIT] [--engine ort] [--json] [--keep FOLDER]
//   npm run isa -- --training [--crop-size 129] [--batch-size 8] [--micro-batch-size 2] …
//
// A model is a backbone, a preset or a folder, as `atrous bench` takes it, and after the @ its output stride. The engine runs
// unchanged: it chooses its kernels for the GPU that it sees. Registers, spills (stores/loads), scratch (private memory, bytes of a
// wave), shared (workgroup memory, bytes) and waves (that an engine holds at once) are what the compiler says. The hot loop is that
// with the most multiply-adds: multiply-adds / arithmetic / workgroup memory / memory / scratch / all. Times are an estimate
// (estimate.ts). A training step is whole, from the packing of weights to the update; of its micro-batches it has one.
//
// Of Qualcomm (a740) and NVIDIA (rtx3090) there are only registers, spills, scratch, shared, waves (of a core, of a multiprocessor) and
// instructions, no times, and they are not compiled for unless they are asked for: few systems have Mesa's drivers for them, so those
// of Debian are fetched then (debian.ts). NVIDIA's own driver has another compiler.
//
// --compare also compiles a commit, and prints both. --engine ort also compiles what onnxruntime runs on WebGPU (bench/peers) for the
// same network, and prints the ratio. --keep leaves the assembly of each pipeline in a folder.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { withCheckedOut } from '../../scripts/check_out.ts'
import { UserError } from '../../src/errors.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { shown } from '../../src/options.ts'
import { installPeers } from '../install_packages.ts'
import { type Analysis, analyse } from './analysis.ts'
import { compile } from './compile.ts'
import { type GpuName, gpuNames, gpus, isTimed, timedGpuNames } from './gpus.ts'
import type { Job } from './job.ts'
import { comparisonText, ratioText, reportText } from './report.ts'
import { lacking } from './vulkan.ts'

const { values } = parseArgs({
  options: {
    gpu: { type: 'string', default: timedGpuNames.join() },
    model: { type: 'string', default: 'resnet50@8,resnet50@16,mobilenet_v2@16' },
    size: { type: 'string', default: '513' },
    precision: { type: 'string', default: 'fp32' },
    training: { type: 'boolean', default: false },
    'crop-size': { type: 'string', default: '129' },
    'batch-size': { type: 'string', default: '8' },
    'micro-batch-size': { type: 'string' },
    kernel: { type: 'string' },
    force: { type: 'string' },
    compare: { type: 'string' },
    engine: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
})

const repository = resolve(import.meta.dirname, '../..')

interface Result extends Analysis {
  gpu: GpuName
  model: string
  /** Of the commit to compare with. */
  before?: Analysis
  /** Of the same network on onnxruntime, up to the logits. */
  onnxruntime?: Analysis
}

function jobOf(model: string, tree: string): Omit<Job, 'out'> {
  const [name, outputStride] = model.split('@')
  const { kernel, force, precision, training } = values
  const batchSize = Number(values['batch-size'])
  const microBatchSize = Number(values['micro-batch-size'] ?? batchSize)
  return {
    ...{ tree, model: name, size: Number(values.size), kernel, force },
    ...(outputStride !== undefined && { outputStride: Number(outputStride) }),
    ...(precision === 'fp16' && { precision }),
    ...(training && { training: { cropSize: Number(values['crop-size']), batchSize, microBatchSize } }),
  }
}

/** `name` is that of the folder to keep. */
async function analysed(
  gpu: GpuName,
  job: Omit<Job, 'out'>,
  { name, script = 'engine.ts' }: { name: string; script?: string },
): Promise<Analysis> {
  const out = values.keep ? join(resolve(values.keep), name) : mkdtempSync(join(tmpdir(), 'atrous-isa-'))
  try {
    if (values.keep) rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    return analyse(await compile(gpu, script, { ...job, out }), out, gpus[gpu])
  } finally {
    if (!values.keep) rmSync(out, { recursive: true })
  }
}

/** Of one GPU. `earlier` is the tree of the commit to compare with. */
async function results(gpu: GpuName, earlier: string | undefined): Promise<Result[]> {
  const lack = lacking(gpu, { fetch: true })
  if (lack) {
    console.error(`${gpu} is left out: ${lack}`)
    return []
  }
  const found: Result[] = []
  for (const model of values.model.split(',')) {
    const name = `${gpu}-${model.replaceAll('/', '_')}`
    const before = earlier && (await analysed(gpu, jobOf(model, earlier), { name: `${name}-before` }))
    const job = jobOf(model, repository)
    const own = await analysed(gpu, job, { name })
    const onnxruntime =
      values.engine === 'ort' && (await analysed(gpu, job, { name: `${name}-ort`, script: 'onnxruntime.ts' }))
    found.push({ gpu, model, ...own, ...(before && { before }), ...(onnxruntime && { onnxruntime }) })
    if (values.json) continue
    const title = `${model} on ${gpu}`
    console.log(reportText(own, title, gpus[gpu]))
    if (before) console.log(comparisonText(before, own, gpus[gpu]))
    if (onnxruntime) console.log(reportText(onnxruntime, `${title} by onnxruntime`, gpus[gpu]))
    if (onnxruntime && isTimed(gpus[gpu])) console.log(ratioText(own, onnxruntime))
  }
  return found
}

/** Throws a UserError for an option that has no such value. */
function checkChoices(): void {
  const { engine = 'ort', precision, kernel } = values
  if (engine !== 'ort') throw new UserError(`--engine: expected ort; got ${shown(engine)}`)
  if (precision !== 'fp32' && precision !== 'fp16')
    throw new UserError(`--precision: expected fp32 or fp16; got ${shown(precision)}`)
  if (kernel !== undefined && !(kernel in shadersByName))
    throw new UserError(`--kernel: there is no shader ${shown(kernel)}`)
}

function gpusAsked(): GpuName[] {
  return values.gpu.split(',').map(name => {
    const known = gpuNames.find(gpu => gpu === name)
    if (!known) throw new UserError(`there is no GPU ${shown(name)} here: there are ${gpuNames.join(', ')}`)
    return known
  })
}

try {
  const asked = gpusAsked()
  checkChoices()
  if (values.engine === 'ort') installPeers()
  const found = await withCheckedOut(values.compare ? [values.compare] : [], async ([earlier]) => {
    const all: Result[] = []
    for (const gpu of asked) all.push(...(await results(gpu, earlier)))
    return all
  })
  if (values.json) console.log(JSON.stringify(found, undefined, 1))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
