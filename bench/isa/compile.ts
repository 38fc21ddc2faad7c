// Runs a process that compiles for a GPU.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import type { GpuName } from './gpus.ts'
import type { Compiled, Job } from './job.ts'
import { environmentFor } from './vulkan.ts'

/** The processes that compile: what a network runs, here or on onnxruntime, or all that any preset does. */
export type Engine = 'engine.ts' | 'onnxruntime.ts' | 'families.ts'

/** Compiles what the job asks for. Throws a UserError with the process's error if it fails. */
export async function compile(job: Job, gpu: GpuName, engine: Engine = 'engine.ts'): Promise<Compiled> {
  const script = join(import.meta.dirname, engine)
  const log = join(job.out, 'log') // Drivers print what is of no use to people.
  const output = openSync(log, 'w')
  const child = spawn('node', ['--import', 'tsx', script, JSON.stringify(job)], {
    cwd: import.meta.dirname,
    env: environmentFor(gpu, job.out),
    stdio: ['ignore', output, output],
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) {
    const reason = /^\w*Error: (.+)$/m.exec(readFileSync(log, 'utf8'))?.[1] ?? `it ended with ${code}`
    throw new UserError(`${job.model} on ${gpu}: ${reason}`)
  }
  return JSON.parse(readFileSync(join(job.out, 'steps.json'), 'utf8'))
}
