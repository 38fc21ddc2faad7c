// Runs a process that compiles for a GPU.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../../src/errors.ts'
import type { GpuName } from './gpus.ts'
import type { Compiled, Job } from './job.ts'
import { environmentFor } from './vulkan.ts'

const run = promisify(execFile)

/** Compiles what the job asks for. Throws a UserError with the process's last line if it fails. */
export async function compile(job: Job, gpu: GpuName): Promise<Compiled> {
  const script = join(import.meta.dirname, 'engine.ts')
  const args = ['--import', 'tsx', script, JSON.stringify(job)]
  try {
    await run('node', args, {
      cwd: import.meta.dirname,
      env: environmentFor(gpu, job.out),
      maxBuffer: 2 ** 26,
    })
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    const reason = /^(?:\w*Error): (.+)$/m.exec(stderr)?.[1] ?? message
    throw new UserError(`${job.model} on ${gpu}: ${reason}`)
  }
  return JSON.parse(readFileSync(join(job.out, 'steps.json'), 'utf8'))
}
