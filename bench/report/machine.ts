// What a report is about: the adapter with its driver, the machine and the commit.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { describeAdapter } from '../../src/bench/adapter.ts'
import type { Report } from '../../src/bench/report.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

export async function machine(): Promise<Omit<Report, 'atrous' | 'small' | 'finished' | 'steps'>> {
  const gpu = await openGpu()
  const adapter = describeAdapter(gpu)
  gpu.destroy()
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    changed: git('status', '--porcelain', '--untracked-files=no') !== '',
    adapter,
    runtime: { node: process.version, dawn: dawnVersion() },
    host: {
      ...{ platform: process.platform, architecture: process.arch },
      ...{ processor: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem() },
    },
  }
}

/** Empty where there is no repository: a clone may be a download. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return ''
  }
}

function dawnVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules/webgpu/package.json'), 'utf8')).version
}
