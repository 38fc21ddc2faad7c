// Compiles kernels one after the other, so that it is known which file of the layer is whose.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { type Kernel, trafficOf } from '../../src/gpu/kernel.ts'
import type { assemble } from '../../src/gpu/wgsl.ts'
import type { Compiled, CompiledPipeline } from './job.ts'

/** Those of the source tree whose kernels they are. */
interface Tree {
  gpu: Gpu
  assemble: typeof assemble
  /** Where the layer writes. */
  out: string
}

/** Compiles each different text once, and writes `steps.json` beside the layer's files. */
export async function compileKernels(kernels: readonly Kernel[], tree: Tree): Promise<void> {
  const pipelines = new Map<string, CompiledPipeline>()
  const steps: Compiled['steps'] = []
  for (const kernel of kernels) {
    const wgsl = tree.assemble(kernel.shader.wgsl, kernel)
    const made = pipelines.get(wgsl) ?? { ...(await compiled(kernel, tree)), wgsl }
    pipelines.set(wgsl, made)
    const { label, workgroups, params, macs = 0 } = kernel
    steps.push({ label, pipeline: made.number, workgroups, params, macs, bytes: trafficOf(kernel) })
  }
  const { vendor, architecture, description: driver } = tree.gpu.info
  const adapter = `${vendor} ${architecture}`
  const all: Compiled = { adapter, driver, pipelines: [...pipelines.values()], steps }
  writeFileSync(join(tree.out, 'steps.json'), JSON.stringify(all))
}

async function compiled(kernel: Kernel, { gpu, out }: Tree): Promise<Omit<CompiledPipeline, 'wgsl'>> {
  const { label, shader, constants = {}, stored } = kernel
  const before = pipelineFiles(out)
  const error = await gpu.pipelines.get(kernel).then(
    () => undefined,
    reason => String(reason).split('\n')[0],
  )
  const made = [...pipelineFiles(out)].filter(number => !before.has(number))
  if (made.length > 1 || (made.length === 0 && error === undefined))
    throw new Error(`${label}: ${made.length} pipelines for one kernel`)
  const [number = -1 - before.size] = made
  return { number, shader: shader.name, constants, stored, error }
}

/** The numbers of the pipelines that the layer has written. */
function pipelineFiles(out: string): Set<number> {
  const names = readdirSync(out).filter(name => name.startsWith('pipeline_'))
  return new Set(names.map(name => Number(name.slice('pipeline_'.length))))
}
