// The steps of a report. Each runs in processes of its own, because a driver may crash or hang.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { reportNetworks } from '../../src/bench/report.ts'
import { bundleProbe } from '../../test/adapters/bundle.ts'
import { sharedJob } from '../../test/adapters/job.ts'
import { runCell } from '../../test/adapters/run_cell.ts'
import { ROOT } from './machine.ts'

export interface StepOptions {
  /** Whether to take small sizes, for software adapters. */
  small: boolean
}

export type Step = (options: StepOptions) => Promise<unknown>

/** An empty cache for the whole report: the tuning of earlier versions does not count, that of this report does. */
const cache = mkdtempSync(join(tmpdir(), 'atrous-report-'))
process.on('exit', () => rmSync(cache, { recursive: true, force: true }))

const MINUTES = 30

const SMALL_KERNELS = ['add', 'max_pool', 'depthwise_conv2d']

export const steps: Record<string, Step> = {
  doctor: () => atrous('doctor', '--json'),
  probe: async ({ small }) => {
    const [bundle, shared] = [await bundleProbe(), await sharedJob()]
    const cell = { name: 'this machine', runtime: 'node', layers: !small, minutes: MINUTES } as const
    const onProgress = (text: string) => console.error(`  ${text}`)
    return runCell(cell, { ...shared, bundle, onProgress })
  },
  tune: ({ small }) =>
    forEach(reportNetworks(small), network =>
      atrous('tune', ...optionsOf(network), '--seconds', small ? '10' : '60', '--json'),
    ),
  kernels: ({ small }) => script('bench/kernels.ts', ...(small ? SMALL_KERNELS : []), '--json'),
  networks: ({ small }) =>
    forEach(reportNetworks(small), network =>
      atrous(
        ...['bench', ...optionsOf(network), '--profile', '--kernels', '--json'],
        ...(small ? ['--runs', '2'] : []),
      ),
    ),
  training: ({ small }) =>
    script(
      'bench/training.ts',
      '--json',
      '--profile',
      ...(small ? ['scenes', '--crop-size', '65', '--batch-size', '2', '--runs', '2'] : []),
    ),
}

/** A network as options of commands. */
const optionsOf = ({ model, size, outputStride }: ReturnType<typeof reportNetworks>[number]) => [
  ...['--model', model, '--size', String(size), '--output-stride', String(outputStride)],
]

/** The results, one after the other: two at a time would disturb each other. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<unknown[]> {
  const results: unknown[] = []
  for (const item of items) results.push(await work(item))
  return results
}

const atrous = (...args: string[]) => output([join(ROOT, 'bin/atrous.mjs'), ...args])
const script = (file: string, ...args: string[]) => output(['--import', 'tsx', join(ROOT, file), ...args])

/** The JSON that a program prints. Its progress goes to stderr. Throws if it fails without JSON, or takes too long. */
async function output(args: string[]): Promise<unknown> {
  console.error(`  ${args.join(' ')}`)
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ATROUS_CACHE: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: MINUTES * 60_000,
  })
  const ended = new Promise<string>(resolve => {
    child.on('close', (code, signal) =>
      resolve(signal ? `it was ended by ${signal}` : `its exit code is ${code}`),
    )
  })
  try {
    return await json(child.stdout)
  } catch {
    throw new Error(`${args[0]} printed no JSON: ${await ended}`)
  }
}
