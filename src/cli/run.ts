// The `atrous` command: its subcommands, and how it ends.

import { Command, CommanderError } from 'commander'
import { benchCommand } from './bench.ts'
import { doctorCommand } from './doctor.ts'
import { reportError } from './errors.ts'
import { evaluateCommand } from './evaluate.ts'
import { InterruptedError } from './interrupt.ts'
import { segmentCommand } from './segment.ts'
import { trainCommand } from './train.ts'
import { tuneCommand } from './tune.ts'
import { version } from './version.ts'
import { weightsCommand } from './weights.ts'

const QUICK_START = `Quick start:
  atrous doctor               is there a GPU, and does it compute correctly?
  atrous segment photo.jpg    what is in it: look at out/photo.overlay.png`

/** Runs the command line `atrous ARGS…`; returns the exit code. Results go to stdout, everything else to stderr. */
export async function run(args: string[]): Promise<number> {
  process.stdout.on('error', endQuietly)
  try {
    await program().parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said what it has to say, be it help or a complaint.
    if (error instanceof CommanderError) return error.exitCode
    if (error instanceof InterruptedError) return error.exitCode
    reportError(error)
    return 1
  } finally {
    process.stdout.off('error', endQuietly)
  }
}

function program(): Command {
  const atrous = new Command('atrous')
    .description('DeepLabv3 on any GPU that WebGPU reaches: what is in a photo, pixel by pixel')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help; after a command, its own')
    .helpCommand(false)
    .addHelpText('after', `\n${QUICK_START}`)
  for (const command of [
    doctorCommand(),
    segmentCommand(),
    evaluateCommand(),
    trainCommand(),
    weightsCommand(),
    benchCommand(),
    tuneCommand(),
  ])
    atrous.addCommand(command)
  return throwing(atrous)
}

/** Commander exits the process by itself where it is not told, for each command, to throw. */
function throwing(command: Command): Command {
  command.exitOverride()
  for (const subcommand of command.commands) throwing(subcommand)
  return command
}

/** `atrous … | head` closes the pipe once it has read enough: no reason to complain. Nor is a terminal that was closed, EIO. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') return
  if (error.code === 'EPIPE') process.exit()
  throw error
}
