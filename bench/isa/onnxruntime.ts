// Compiles what onnxruntime's WebGPU execution provider (bench/peers) runs for the same network, up to the logits, under the layer:
// `tsx bench/isa/onnxruntime.ts JOB`, a process of its own. It writes the same `steps.json` as engine.ts.
//
// onnxruntime writes the text of its shaders into a file, and the name of each program that it starts to stderr, which is the file
// `log` here. Its convolutions are those of the network, in their order; which sizes its other shaders are for is not known.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ModelOp } from '../../src/graph/ops/index.ts'
import { onnxModel } from '../../src/onnx/model.ts'
import { createWorkload } from '../peers/workload.ts'
import type { Compiled, CompiledStep, Job } from './job.ts'

const job: Job = JSON.parse(process.argv[2])
const texts = join(job.out, 'shaders.txt')
process.env.ORT_WEBGPU_EP_SHADER_DUMP_FILE = texts

const require = createRequire(new URL('../peers/package.json', import.meta.url))
const { InferenceSession, Tensor }: typeof import('onnxruntime-node') = require('onnxruntime-node')
/** It logs each program. */
const INFORMATION = 1

const { model, outputStride, size } = job
const { graph, parameters } = await createWorkload({ kind: 'network', model, outputStride, size })
const file = join(job.out, 'model.onnx')
writeFileSync(file, onnxModel(graph, { parameters, anySize: false }))
const session = await InferenceSession.create(file, {
  executionProviders: ['webgpu'],
  logSeverityLevel: INFORMATION,
})
const run = () => {
  const image = new Tensor('float32', new Float32Array(3 * size * size), [1, 3, size, size])
  return session.run({ [session.inputNames[0]]: image })
}
await run() // It also transposes the weights.
const before = dispatches().length
await run()
writeFileSync(join(job.out, 'steps.json'), JSON.stringify(compiled(dispatches().slice(before))))
process.exit(0)

interface Dispatch {
  pipeline: number
  workgroups: number
  /** Of the program, with all that its text depends on. */
  key: string
}

function dispatches(): Dispatch[] {
  const lines = readFileSync(join(job.out, 'dispatches'), 'utf8').trim().split('\n')
  const log = readFileSync(join(job.out, 'log'), 'utf8')
  const started = [...log.matchAll(/Starting program "(.*)" \((\d+), (\d+), (\d+)\)/g)]
  return lines.map((line, i) => {
    const [pipeline, ...groups] = line.split(' ').map(Number)
    const [, key, ...logged] = started[i]
    if (groups.join() !== logged.join()) throw new Error(`dispatch ${i} is not ${key}`)
    return { pipeline, workgroups: groups.reduce((a, b) => a * b), key }
  })
}

function compiled(run: readonly Dispatch[]): Compiled {
  const texts = shaderTexts()
  const shaders = new Map(run.map(({ pipeline, key }) => [pipeline, { key, wgsl: texts.get(key)! }]))
  const pipelines = [...shaders].map(([number, { key, wgsl }]) => ({
    ...{ number, shader: /^\w+/.exec(key)![0], constants: {}, wgsl },
  }))
  const convolutions = graph.ops.flatMap(op => convolutionOf(op) ?? [])
  const isConvolution = ({ key }: Dispatch) => /^\w*(Conv|MatMul)/.test(key)
  const count = run.filter(isConvolution).length
  if (count !== convolutions.length)
    throw new Error(`onnxruntime computes ${convolutions.length} convolutions with ${count} programs`)
  const steps = run.map((dispatch): CompiledStep => {
    const { pipeline, workgroups, key } = dispatch
    const base = { pipeline, workgroups, label: key, params: {}, macs: 0 }
    if (!isConvolution(dispatch)) return base
    const { k, ...convolution } = convolutions.shift()!
    const tile = innerTile(texts.get(key)!)
    const averages = { ...convolution.averages, ...(tile && { t: Math.ceil(k / tile) }) }
    return { ...base, ...convolution, averages }
  })
  return { adapter: '', driver: '', pipelines, steps }
}

/** How much of a sum one turn of the loop over tiles takes, as in `(uniforms.dim_inner - 1) / tileInner + 1`. */
function innerTile(wgsl: string): number | undefined {
  const text = /dim_inner - 1\) \/ (\w+)/.exec(wgsl)?.[1]
  if (text === undefined) return undefined
  return Number(/^\d+$/.test(text) ? text : new RegExp(`const ${text} = (\\d+);`).exec(wgsl)?.[1])
}

/** By the key of the program. */
function shaderTexts(): Map<string, string> {
  const found = readFileSync(texts, 'utf8').matchAll(
    /^=== WebGPU Shader code \[\w+, Key="(.*)"\] Start ===\n([\s\S]*?)^=== /gm,
  )
  return new Map([...found].map(([, key, wgsl]) => [key, wgsl]))
}

/** What its dispatch computes, moves at least, and its loops run over. `k`: the length of each sum. */
function convolutionOf(op: ModelOp) {
  if (op.kind !== 'conv2d' && op.kind !== 'depthwiseConv2d') return undefined
  const elements = (shape: readonly number[]) => shape.reduce((a, b) => a * b)
  const { input } = op.inputs
  const [, channels, height, width] = op.weight.shape
  const k = channels * height * width
  return {
    ...{ label: op.name, k, macs: elements(op.output.shape) * k },
    bytes: 4 * [input.shape, op.weight.shape, op.output.shape].map(elements).reduce((a, b) => a + b),
    averages: { wHeight: height, wWidth: width, wInChannel: channels },
  }
}
