// `atrous completion`: scripts with which shells complete this command. They contain all names, so the Tab key does not start
// Node.

import { Argument, Command } from 'commander'
import { presets } from '../../model/presets.ts'
import { readRegistry } from '../../node/downloads/pull.ts'
import { bashScript } from './completion_bash.ts'
import { fishScript } from './completion_fish.ts'
import { powershellScript } from './completion_powershell.ts'
import { type CompletedCommand, completedCommands } from './completion_tree.ts'
import { zshScript } from './completion_zsh.ts'

const SCRIPTS: Record<string, (commands: readonly CompletedCommand[]) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
}

const EXAMPLES = `
Examples, one for each shell. Add the line to the shell's start-up file:
  source <(atrous completion bash)                   ~/.bashrc
  source <(atrous completion zsh)                    ~/.zshrc, after compinit
  atrous completion fish | source                    ~/.config/fish/config.fish
  atrous completion powershell | Out-String | Invoke-Expression
                                                     $PROFILE

It completes commands, options, their values, names of models, and files.
\`npx atrous\` has no completion: install it with npm install -g atrous.`

/** A command of those that the script completes. */
interface Completed {
  summary: string
  load(): Promise<Command>
}

export function completionCommand(commands: readonly Completed[]): Command {
  return new Command('completion')
    .description('Prints a script with which a shell completes this command.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: string) => console.log(await completionScript(shell, commands)))
}

async function completionScript(shell: string, commands: readonly Completed[]): Promise<string> {
  const atrous = new Command('atrous').option('-v, --version', 'print the version').helpCommand(false)
  for (const { summary, load } of commands) atrous.addCommand((await load()).summary(summary))
  const models = (await readRegistry()).map(({ name }) => name)
  const names = { models, presets: presets.map(({ name }) => name) }
  return SCRIPTS[shell](completedCommands(atrous, names))
}
