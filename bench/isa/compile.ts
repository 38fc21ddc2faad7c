// Runs a process that compiles for a GPU.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import type { GpuName } from './gpus.ts'
import type { Compiled } from './job.ts'
import { environmentFor, nodeFor } from './vulkan.ts'

/**
 * Runs a process of this folder: engine.ts, onnxruntime.ts or families.ts. Throws a UserError with the process's error if it fails.
 */
export async function compile(gpu: GpuName, script: string, job: { out: string }): Promise<Compiled> {
  const log = join(job.out, 'log') // Drivers print what is of no use to people.
  const output = openSync(log, 'w')
  const [program, ...args] = [...nodeFor(gpu), '--import', 'tsx', join(import.meta.dirname, script)]
  const child = spawn(program, [...args, JSON.stringify(job)], {
    cwd: import.meta.dirname,
    env: environmentFor(gpu, job.out),
    stdio: ['ignore', output, output],
  })
  const [code, signal] = await once(child, 'exit')
  closeSync(output)
  if (code !== 0) {
    const reason =
      /^\w*Error: (.+)$/m.exec(readFileSync(log, 'utf8'))?.[1] ?? `its process ended (${code ?? signal})`
    throw new UserError(`${gpu}: ${reason}`)
  }
  return JSON.parse(readFileSync(join(job.out, 'steps.json'), 'utf8'))
}
