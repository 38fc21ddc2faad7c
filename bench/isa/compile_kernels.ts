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

/** Compiles each pipeline once, and writes `steps.json` beside the layer's files. */
export async function compileKernels(kernels: readonly Kernel[], tree: Tree): Promise<void> {
  const { gpu, out } = tree
  const pipelines = new Map<unknown, CompiledPipeline>()
  const steps: Compiled['steps'] = []
  for (const kernel of kernels) {
    const before = pipelineFiles(out)
    const wgsl = tree.assemble(kernel.shader.wgsl, kernel)
    const made = await gpu.pipelines.get(kernel).catch(error => String(error).split('\n')[0])
    const key = typeof made === 'string' ? wgsl : made.pipeline
    if (!pipelines.has(key)) {
      const { shader, constants = {}, stored } = kernel
      const number = newFile(before, pipelineFiles(out)) ?? -1 - pipelines.size
      const error = typeof made === 'string' ? made : undefined
      if (number < 0 && !error) throw new Error(`${kernel.label}: the layer has not written its pipeline`)
      pipelines.set(key, { number, shader: shader.name, constants, stored, wgsl, error })
    }
    const { label, workgroups, params, macs = 0 } = kernel
    const { number } = pipelines.get(key)!
    steps.push({ label, pipeline: number, workgroups, params, macs, bytes: trafficOf(kernel) })
  }
  const { vendor, architecture, description: driver } = gpu.info
  const adapter = `${vendor} ${architecture}`
  const all: Compiled = { adapter, driver, pipelines: [...pipelines.values()], steps }
  writeFileSync(join(out, 'steps.json'), JSON.stringify(all))
}

function newFile(before: Set<number>, after: Set<number>): number | undefined {
  const made = [...after].filter(number => !before.has(number))
  if (made.length > 1) throw new Error(`${made.length} pipelines for one kernel`)
  return made[0]
}

/** The numbers of the pipelines that the layer has written. */
function pipelineFiles(out: string): Set<number> {
  const names = readdirSync(out).filter(name => name.startsWith('pipeline_'))
  return new Set(names.map(name => Number(name.slice('pipeline_'.length))))
}
