// What a report is about: the adapter with its driver, the machine and the commit.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { type Adapter, describeAdapter } from '../../src/bench/adapter.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

export type Machine = Awaited<ReturnType<typeof machine>>

export async function machine() {
  const gpu = await openGpu()
  const adapter = describeAdapter(gpu)
  gpu.destroy()
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    /** Whether files differ from the commit. */
    changed: git('status', '--porcelain', '--untracked-files=no') !== '',
    adapter,
    runtime: { node: process.version, dawn: dawnVersion() },
    host: {
      ...{ platform: process.platform, architecture: process.arch },
      ...{ processor: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem() },
    },
  }
}

/** bench/results/VENDOR-ADAPTER-DATE.json */
export const reportFile = ({ adapter, date }: Pick<Machine, 'adapter' | 'date'>): string =>
  join(ROOT, 'bench/results', `${slug(adapter)}-${date.slice(0, 10)}.json`)

/** The driver's version, which follows the name in parentheses or after a colon, is in the report. */
function slug({ vendor, architecture, device, description }: Adapter): string {
  const name = description.split(/[(:]/)[0] || device || architecture
  const words = `${vendor} ${name}`.toLowerCase().match(/[a-z0-9.]+/g) ?? ['adapter']
  return [...new Set(words)].join('-')
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
