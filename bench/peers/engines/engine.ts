// An engine in a process of its own: loads a workload when it is told to, then runs it once whenever it is asked.

import { createWorkload, type Workload, type WorkloadOptions } from '../workload.ts'

export interface Job {
  workload: WorkloadOptions
  /** The workload as an ONNX file, for the engines that read one. */
  onnxFile: string
}

export interface Loaded {
  /** The adapter or processor that it runs on, as far as the engine tells. */
  adapter?: string
  /** From the input in host memory, in the engine's own layout, to the output in host memory. */
  run(): Promise<Float32Array>
  /** From the engine's own layout to NHWC; not part of the time. */
  toNhwc?: (output: Float32Array) => Float32Array
}

export type Request = { load: Job } | 'run'

export interface Run {
  milliseconds: number
  /** Of all cores: on a software adapter what the run costs, whatever else the machine is doing. */
  processorMilliseconds: number
  /** NHWC */
  output: Float32Array
}

export type Reply = { error: string } | { adapter?: string } | Run

/** Serves the parent process until it goes away. */
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
