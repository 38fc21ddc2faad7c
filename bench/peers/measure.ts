// Runs one workload on several engines in turn, and checks the output of every run.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Summary, summary } from '../../src/bench/repeat.ts'
import { UserError } from '../../src/errors.ts'
import { onnxModel } from '../../src/onnx/model.ts'
import { relativeError } from '../../test/support/run_graph.ts'
import { type EngineKind, EngineProcess } from './engine_process.ts'
import type { Run } from './engines/engine.ts'
import { createWorkload, type WorkloadOptions } from './workload.ts'

/**
 * The largest difference allowed, as a share of the largest output. Float32 sums of whole networks in another order differ by up
 * to 1e-5; errors, by far more.
 */
const TOLERANCE = 1e-4

/** All times are in milliseconds. */
export interface EngineTimes extends Summary {
  engine: string
  /** Present if the engine reports it. */
  adapter?: string
  /** The time of the first run, which compiles and is not in `times`. */
  first: number
  times: number[]
  /** The median CPU time over all cores. */
  processorMedian: number
  /** The largest difference of any run from the reference's first run, as a share of the largest output. */
  error: number
}

/**
 * The times of each engine, in order. All outputs are compared with those of `reference`, one of the engines. Throws a UserError
 * if one differs, or if engines run on different adapters.
 */
export async function measure(
  workload: WorkloadOptions,
  { kinds, reference, runs }: { kinds: EngineKind[]; reference: string; runs: number },
): Promise<EngineTimes[]> {
  const folder = await mkdtemp(join(tmpdir(), 'atrous-peers-'))
  const engines = kinds.map(kind => new EngineProcess(kind))
  try {
    const onnxFile = join(folder, 'workload.onnx')
    const { graph, parameters } = await createWorkload(workload)
    await writeFile(onnxFile, onnxModel(graph, { parameters, anySize: false }))
    const results: { engine: EngineProcess; adapter?: string; runs: Run[] }[] = []
    for (const engine of engines) {
      const adapter = await engine.load({ workload, onnxFile })
      results.push({ engine, adapter, runs: [await engine.run()] })
    }
    checkAdapters(results.map(({ adapter }) => adapter))
    const [expected] = results.find(({ engine }) => engine.name === reference)!.runs
    const check = (engine: string, { output }: Run) => checkOutput(engine, output, expected.output)
    const errors = results.map(({ engine, runs }) => check(engine.name, runs[0]))
    for (let run = 0; run < runs; run++)
      for (const [i, { engine, runs }] of results.entries()) {
        runs.push(await engine.run())
        errors[i] = Math.max(errors[i], check(engine.name, runs.at(-1)!))
      }
    return results.map(({ engine, adapter, runs }, i) => {
      const [first, ...times] = runs.map(({ milliseconds }) => milliseconds)
      const processor = summary(runs.slice(1).map(({ processorMilliseconds }) => processorMilliseconds))
      return {
        engine: engine.name,
        adapter,
        first,
        ...summary(times),
        times,
        processorMedian: processor.median,
        error: errors[i],
      }
    })
  } finally {
    for (const engine of engines) engine.stop()
    await rm(folder, { recursive: true })
  }
}

function checkAdapters(adapters: (string | undefined)[]): void {
  const different = [...new Set(adapters.filter(adapter => adapter !== undefined))]
  if (different.length > 1)
    throw new UserError(`the engines run on different adapters: ${different.join(', ')}`)
}

function checkOutput(engine: string, output: Float32Array, expected: Float32Array): number {
  const error = relativeError(output, expected)
  if (output.length === expected.length && error < TOLERANCE) return error
  throw new UserError(
    `${engine} is wrong, so its time is meaningless: it differs by ${error} of the largest output; ${TOLERANCE} is allowed`,
  )
}
