// The `atrous` command: its subcommands, and how it ends.

import { Command, CommanderError } from 'commander'
import { reportError } from './errors.ts'
import { version } from './version.ts'

/** In the order of the help. A module is loaded where its command is asked for: all of them take four times as long. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  segment: async () => (await import('./segment.ts')).segmentCommand(),
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  weights: async () => (await import('./weights.ts')).weightsCommand(),
  bench: async () => (await import('./bench.ts')).benchCommand(),
  tune: async () => (await import('./tune.ts')).tuneCommand(),
}

const QUICK_START = `Quick start:
  atrous doctor               is there a GPU, and does it compute correctly?
  atrous segment photo.jpg    what is in it: look at out/photo.overlay.png`

/** Runs the command line `atrous ARGS…`; returns the exit code. Results go to stdout, everything else to stderr. */
export async function run(args: string[]): Promise<number> {
  process.stdout.on('error', endQuietly)
  try {
    const commands = await commandsFor(args[0])
    await program(commands).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said what it has to say, be it help or a complaint.
    if (error instanceof CommanderError) return error.exitCode
    reportError(error)
    return 1
  } finally {
    process.stdout.off('error', endQuietly)
  }
}

/** The command of that name; all of them where the help or a complaint is to list them. */
async function commandsFor(name: string | undefined): Promise<Command[]> {
  if (name === '-v' || name === '--version') return []
  const asked = Object.hasOwn(COMMANDS, name ?? '') ? [COMMANDS[name!]] : Object.values(COMMANDS)
  return Promise.all(asked.map(load => load()))
}

function program(commands: readonly Command[]): Command {
  const atrous = new Command('atrous')
    .description('DeepLabv3 on any GPU that WebGPU reaches: what is in a photo, pixel by pixel')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help; after a command, its own')
    .helpCommand(false)
    .addHelpText('after', `\n${QUICK_START}`)
  for (const command of commands) atrous.addCommand(command)
  return throwing(atrous)
}

/** Commander exits the process by itself where it is not told, for each command, to throw. */
function throwing(command: Command): Command {
  command.exitOverride()
  for (const subcommand of command.commands) throwing(subcommand)
  return command
}

/** `atrous … | head` closes the pipe once it has read enough: no reason to complain. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  throw error
}
