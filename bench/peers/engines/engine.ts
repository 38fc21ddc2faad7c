// An engine in a separate process: loads a workload on request, then runs it once per request.

import { createWorkload, type Workload, type WorkloadOptions } from '../workload.ts'

export interface Job {
  workload: WorkloadOptions
  /** The workload as an ONNX file, for the engines that read one. */
  onnxFile: string
}

export interface Loaded {
  /** The adapter or processor that it runs on, if the engine reports it. */
  adapter?: string
  /** Computes from the input to the output, both in host memory and in the engine's own layout. */
  run(): Promise<Float32Array>
  /** Converts from the engine's own layout to NHWC; not timed. */
  toNhwc?: (output: Float32Array) => Float32Array
}

export type Request = { load: Job } | 'run'

export interface Run {
  milliseconds: number
  /** CPU time over all cores: on a software adapter the cost of the run, independent of other load on the machine. */
  processorMilliseconds: number
  /** NHWC */
  output: Float32Array
}

export type Reply = { error: string } | { adapter?: string } | Run

/** Serves the parent process until it exits. */
export function serve(load: (workload: Workload, job: Job) => Promise<Loaded>): void {
  let loaded: Loaded
  const answer = async (request: Request): Promise<Reply> => {
    if (request === 'run') return timed(loaded)
    loaded = await load(await createWorkload(request.load.workload), request.load)
    return { adapter: loaded.adapter }
  }
  process.on('message', async (request: Request) => {
    const reply = await answer(request).catch(error => ({ error: String(error?.stack ?? error) }))
    process.send!(reply)
  })
  process.on('disconnect', () => process.exit())
}

async function timed({ run, toNhwc = output => output }: Loaded): Promise<Run> {
  const [start, used] = [performance.now(), process.cpuUsage()]
  const output = await run()
  const milliseconds = performance.now() - start
  const { user, system } = process.cpuUsage(used)
  return { milliseconds, processorMilliseconds: (user + system) / 1000, output: toNhwc(output) }
}
