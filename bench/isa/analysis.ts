// From what a process compiled to the rows of a table: one for each pipeline, with all its dispatches.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { amdProgram } from './amd.ts'
import { averagesOf } from './averages.ts'
import { type Bound, estimate } from './estimate.ts'
import { type AnyGpu, isTimed, type TimedGpu } from './gpus.ts'
import { intelProgram } from './intel.ts'
import type { Compiled, CompiledPipeline, CompiledStep } from './job.ts'
import { hotLoop, type Listing, type Mix, mixOf, type Program, parseListing } from './program.ts'
import { nvidiaProgram, qualcommProgram } from './qualcomm_nvidia.ts'
import { shaderConstants, sourceLoops, workgroupBytes, workgroupSize } from './source_loops.ts'
import { turnsOf } from './turns.ts'

export interface Row {
  shader: string
  /** What tells it from the others of its shader. */
  variant: string
  uses: number
  /** Of all its dispatches, the least and the most. */
  workgroups: [number, number]
  /** Invocations of a workgroup. */
  lanes: number
  /** Undefined if it did not compile. */
  program: Omit<Program, 'instructions' | 'loops'> | undefined
  /** Of the whole pipeline, and of the loop with the most multiply-adds. */
  mix?: Mix
  hot?: Mix
  /**
   * The multiply-adds that its loops make, by those of the kernel: more for what lies past the ends of the map and of the channels, fewer
   * for taps in the padding that are not computed. Undefined where the kernel counts none.
   */
  work?: number
  /** 0 for a GPU without estimates, as is the roofline. */
  milliseconds: number
  /** The least that the GPU's peak and its memory allow. */
  roofline: number
  /** What binds it, with the share of its time. */
  bounds: { bound: Bound; share: number }[]
  broken: BrokenRules
  /** Why it does not compile, and what is not known of it. */
  flags: string[]
}

export interface Analysis {
  adapter: string
  driver: string
  dispatches: number
  macs: number
  milliseconds: number
  roofline: number
  /** The slowest first. */
  rows: Row[]
}

/** Waves that an engine of AMD should hold at least, so that one computes while others wait. */
const LEAST_WAVES = 5

/** Of the multiply-adds asked for, the share that the loops make at least where their turns are counted right. */
const LEAST_WORK = 0.5

/** The rules that a pipeline breaks. */
export interface BrokenRules {
  /** Stores of registers, and loads of them. */
  spills?: number
  /** Bytes of private memory of a wave. */
  scratch?: number
  /** Waves, where they are too few. */
  waves?: number
}

export function analyse(compiled: Compiled, folder: string, gpu: AnyGpu): Analysis {
  const { adapter, driver, pipelines, steps } = compiled
  const variants = variantsOf(pipelines)
  const rows = pipelines.map(pipeline => {
    const own = steps.filter(step => step.pipeline === pipeline.number)
    return { ...rowOf(pipeline, own, { folder, gpu }), variant: variants.get(pipeline)! }
  })
  rows.sort((a, b) => b.milliseconds - a.milliseconds)
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0)
  return {
    ...{ adapter, driver },
    dispatches: steps.length,
    macs: steps.reduce((total, { macs }) => total + macs, 0),
    milliseconds: sum(row => row.milliseconds),
    roofline: sum(row => row.roofline),
    rows,
  }
}

function rowOf(
  pipeline: CompiledPipeline,
  steps: readonly CompiledStep[],
  { folder, gpu }: { folder: string; gpu: AnyGpu },
): Row {
  const { shader, wgsl, error } = pipeline
  const lanes = workgroupSize(wgsl)
  const counts = steps.map(({ workgroups }) => workgroups)
  const untimed = { milliseconds: 0, roofline: 0, bounds: [], flags: [] }
  const base = {
    ...{ shader, variant: '', uses: steps.length, lanes, ...untimed },
    workgroups: [Math.min(...counts), Math.max(...counts)] as [number, number],
  }
  const listing =
    error === undefined
      ? parseListing(readFileSync(join(folder, `pipeline_${pipeline.number}`), 'utf8'))
      : undefined
  if (!listing)
    return {
      ...{ ...base, program: undefined, broken: {} },
      flags: [`does not compile: ${error}`],
    }
  const program = programOf(listing, gpu, { lanes, wgsl })
  const timed = isTimed(gpu) && timesOf(pipeline, steps, { program, gpu, lanes })
  const { instructions, loops, ...numbers } = program
  return {
    ...base,
    ...timed,
    program: numbers,
    mix: mixOf(instructions),
    hot: hotLoop({ instructions, loops }),
    broken: brokenRules(program, gpu),
  }
}

function programOf(listing: Listing, gpu: AnyGpu, { lanes, wgsl }: { lanes: number; wgsl: string }): Program {
  if (gpu.maker === 'AMD') return amdProgram(listing, { generation: gpu.generation, gpu, lanes })
  if (gpu.maker === 'Intel') return intelProgram(listing, { gpu, lanes })
  const shared = workgroupBytes(wgsl)
  return gpu.maker === 'NVIDIA'
    ? nvidiaProgram(listing, { gpu, lanes, shared })
    : qualcommProgram(listing, shared)
}

function brokenRules({ spills, fills, scratch, waves }: Program, gpu: AnyGpu): BrokenRules {
  return {
    ...(spills + fills > 0 && { spills: spills + fills }),
    ...(scratch > 0 && { scratch }),
    // Intel's threads all have their registers, and what workgroup memory leaves of them is for the kernel to know.
    ...(gpu.maker === 'AMD' && waves < LEAST_WAVES && { waves }),
  }
}

function timesOf(
  { shader, wgsl }: CompiledPipeline,
  steps: readonly CompiledStep[],
  { program, gpu, lanes }: { program: Program; gpu: TimedGpu; lanes: number },
) {
  const constants = shaderConstants(wgsl)
  const seconds = new Map<Bound, number>()
  const flags = new Set<string>()
  const known = new Map<string, ReturnType<typeof estimate>>()
  let [roofline, done, wanted] = [0, 0, 0]
  for (const { params, workgroups, macs, bytes, averages: own } of steps) {
    const averages = { ...averagesOf(shader, { params, constants }), ...own }
    const turns = turnsOf(program, sourceLoops(wgsl, { params, averages }), { ...program, lanes })
    for (const loop of turns.unknown) flags.add(`unknown loop ${loop}`)
    const key = [workgroups, macs, bytes, ...turns.of.values()].join()
    const found =
      known.get(key) ?? estimate(program, gpu, { workgroups, lanes, macs, bytes, turns: turns.of })
    known.set(key, found)
    seconds.set(found.bound, (seconds.get(found.bound) ?? 0) + found.seconds)
    roofline += 1000 * found.roofline
    done += found.macs
    wanted += macs
  }
  const total = [...seconds.values()].reduce((a, b) => a + b, 0)
  const bounds = [...seconds]
    .sort(([, a], [, b]) => b - a)
    .map(([bound, time]) => ({ bound, share: time / total }))
  const work = wanted > 0 ? done / wanted : undefined
  if (work !== undefined && work < LEAST_WORK)
    flags.add(`only ${Math.round(100 * work)} % of the multiply-adds are found: its time is too short`)
  return { milliseconds: 1000 * total, roofline, bounds, flags: [...flags], work }
}

/** The constants in which the pipelines of one shader differ. */
function variantsOf(pipelines: readonly CompiledPipeline[]): Map<CompiledPipeline, string> {
  return new Map(
    pipelines.map(pipeline => {
      const alike = pipelines.filter(({ shader }) => shader === pipeline.shader)
      const differing = Object.entries(pipeline.constants).filter(([name, value]) =>
        alike.some(({ constants }) => constants[name] !== value),
      )
      const words = differing.map(([name, value]) => `${name} ${value}`)
      return [pipeline, [...words, ...(pipeline.stored ? [pipeline.stored] : [])].join(', ')]
    }),
  )
}
