// --quiet: results and errors only, no warnings and no progress.

import type { Command } from 'commander'

let quiet = false

/** Whether the running command was given --quiet. */
export const isQuiet = (): boolean => quiet

/** Adds --quiet and the action to a command. */
export function quietableAction<Args extends unknown[]>(
  command: Command,
  action: (...args: Args) => Promise<void>,
  description = 'print no warnings and no progress',
): Command {
  return command.option('-q, --quiet', description).action((...args) => {
    const run = () => action(...(args as unknown as Args))
    return command.opts().quiet ? quietly(run) : run()
  })
}

async function quietly(work: () => Promise<void>): Promise<void> {
  const { warn } = console
  quiet = true
  console.warn = () => {}
  try {
    await work()
  } finally {
    quiet = false
    console.warn = warn
  }
}
