import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import sharp from 'sharp'
import { benchCommand } from '../../src/cli/bench/bench.ts'
import { type Subcommand, subcommands } from '../../src/cli/commands.ts'
import { compareCommand } from '../../src/cli/compare/compare.ts'
import { completionCommand } from '../../src/cli/completion/completion.ts'
import { crfCommand } from '../../src/cli/crf.ts'
import { doctorCommand } from '../../src/cli/doctor/doctor.ts'
import { evaluateCommand } from '../../src/cli/evaluate.ts'
import { exportCommand } from '../../src/cli/export/export.ts'
import { masksCommand } from '../../src/cli/masks.ts'
import { run } from '../../src/cli/run.ts'
import { segmentCommand } from '../../src/cli/segment/segment.ts'
import { serveCommand } from '../../src/cli/serve.ts'
import { trainCommand } from '../../src/cli/train/train.ts'
import { tuneCommand } from '../../src/cli/tune/tune.ts'
import { weightsCommand } from '../../src/cli/weights/weights.ts'
import { workerCommand } from '../../src/cli/worker.ts'
import { DeepLab, type Image } from '../../src/node/index.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'

export interface Ended {
  /** The exit code as a shell reports it: 128 plus the signal's number if a signal ended the process. */
  code: number | null
  stdout: string
  stderr: string
}

/**
 * The subcommands, loaded with the tests. Mocha loads modules with `require`; a later import would load a second copy of every
 * class.
 */
const loaded: Record<string, () => Command> = {
  doctor: doctorCommand,
  segment: segmentCommand,
  serve: serveCommand,
  worker: workerCommand,
  evaluate: evaluateCommand,
  export: exportCommand,
  masks: masksCommand,
  compare: compareCommand,
  train: trainCommand,
  weights: weightsCommand,
  bench: benchCommand,
  tune: tuneCommand,
  crf: crfCommand,
  completion: () => completionCommand(commands),
}
const commands: Subcommand[] = subcommands.map(each => ({ ...each, load: async () => loaded[each.name]() }))

/**
 * Runs `atrous ARGS…` in this process, since a new process takes a second. stderr does not count as a terminal; Dawn's own output
 * there is not captured. Bytes that are not text are read as latin1.
 */
export async function atrous(...args: string[]): Promise<Ended> {
  const ended: Ended = { code: null, stdout: '', stderr: '' }
  const restores = (['stdout', 'stderr'] as const).map(name => {
    const { write, isTTY } = process[name]
    process[name].isTTY = false
    process[name].write = ((text: string | Uint8Array) => {
      ended[name] += typeof text === 'string' ? text : Buffer.from(text).toString('latin1')
      return true
    }) as typeof write
    return () => {
      Object.assign(process[name], { write, isTTY })
    }
  })
  try {
    ended.code = await run(args, commands)
  } finally {
    for (const restore of restores) restore()
  }
  return ended
}

/** The file of the command. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface SpawnOptions {
  env?: NodeJS.ProcessEnv
  /** A command that takes this one as its last arguments. */
  through?: string[]
}

/** Runs the command as a user does, in a separate process. Dawn's messages on stderr are removed. */
export function spawnAtrous(args: string[], options: SpawnOptions = {}): Promise<Ended> {
  return startAtrous(args, options).ended
}

/** Starts the command, for tests that send signals while it runs. */
export function startAtrous(
  args: string[],
  { env = {}, through = [] }: SpawnOptions = {},
): { child: ChildProcessWithoutNullStreams; ended: Promise<Ended> } {
  const options = { env: { ...process.env, ...env } }
  const [program, ...rest] = [...through, process.execPath, '--import', 'tsx', MAIN, ...args]
  const child = spawn(program, rest, options)
  const said: Ended = { code: null, stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', text => {
      said[name] += text
    })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const stderr = said.stderr.replace(DAWN_REMARK, '')
      resolve({ ...said, stderr, code: signal ? 128 + constants.signals[signal] : code })
    })
  })
  return { child, ended }
}

/**
 * Dawn prints such lines from C++ when it examines a software adapter, or finds none. The command hides them from terminals and
 * pipes, but Node's pipes to a child are sockets.
 */
const DAWN_REMARK = /^Warning: .*\n( +at .*\n+)*/gm

/** Environment in which Vulkan's loader finds no driver. */
export const WITHOUT_DRIVERS = { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' }

/** Writes a photo without its alpha channel. */
export async function writePng(file: string, { width, height, data }: Image): Promise<void> {
  await sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png()
    .toFile(file)
}

/** Saves an untrained network that is small enough for quick tests. */
export async function saveTinyModel(folder: string): Promise<void> {
  const model = await DeepLab.create(TINY, { gpu: await testGpu() })
  await model.save(folder)
  await model.dispose()
}
