// The `atrous` command: runs a subcommand, and reports how it ended.

import { Command, CommanderError } from 'commander'
import { version } from '../node/version.ts'
import { type Subcommand, subcommands } from './commands.ts'
import { PartialFailure, reportError } from './errors.ts'
import { InterruptedError } from './interrupt.ts'

const QUICK_START = `Quick start:
  atrous doctor               is there a GPU, and does it compute correctly?
  atrous segment photo.jpg    what is in it: look at out/photo.overlay.png
  atrous segment --help       what else it can do, with examples

Results go to standard output, all else to standard error. Exit code 1 means
that something could not be done, and a line says what; 2, that only some photos
could not be segmented.`

/** Runs the command line `atrous ARGS…`; returns the exit code. Results go to stdout, everything else to stderr. */
export async function run(args: string[], commands: readonly Subcommand[] = subcommands): Promise<number> {
  try {
    const atrous = await program(args, commands)
    await atrous.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has already printed the help or the error.
    if (error instanceof CommanderError) return error.exitCode
    if (error instanceof InterruptedError) return error.exitCode
    reportError(error)
    return error instanceof PartialFailure ? 2 : 1
  }
}

/** The program with the subcommand that the arguments name. If there is none, with the names of all, for help and suggestions. */
async function program(args: readonly string[], commands: readonly Subcommand[]): Promise<Command> {
  const atrous = new Command('atrous')
    .description('DeepLabv3 on any GPU that supports WebGPU: finds the class of each pixel in a photo')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help; after a command, its own')
    .helpCommand(false)
    .addHelpText('after', `\n${QUICK_START}`)
  const named = commands.find(({ name }) => name === args[0])
  if (named) atrous.addCommand(await named.load())
  else for (const { name, summary } of commands) atrous.addCommand(new Command(name).summary(summary))
  return throwing(atrous)
}

/** Makes commander throw instead of exiting the process. This must be set for each command. */
function throwing(command: Command): Command {
  command.exitOverride()
  for (const subcommand of command.commands) throwing(subcommand)
  return command
}
