// `atrous completion`: scripts by which shells complete this command. They hold all names, so that the Tab key starts no Node.

import { Argument, Command } from 'commander'
import { presets } from '../../model/presets.ts'
import { readRegistry } from '../../node/downloads/pull.ts'
import { type Subcommand, subcommands } from '../commands.ts'
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
Examples, each for one shell; the line goes into its start-up file:
  source <(atrous completion bash)                   ~/.bashrc
  source <(atrous completion zsh)                    ~/.zshrc, after compinit
  atrous completion fish | source                    ~/.config/fish/config.fish
  atrous completion powershell | Out-String | Invoke-Expression
                                                     $PROFILE

It completes commands, options, their values, names of models, and files. For
\`npx atrous\` there is no completion: install it by npm install -g atrous.`

export function completionCommand(commands: readonly Subcommand[] = subcommands): Command {
  return new Command('completion')
    .description('Prints a script by which a shell completes this command.')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: string) => console.log(await completionScript(shell, commands)))
}

async function completionScript(shell: string, commands: readonly Subcommand[]): Promise<string> {
  const atrous = new Command('atrous').option('-v, --version', 'print the version').helpCommand(false)
  for (const { summary, load } of commands) atrous.addCommand((await load()).summary(summary))
  const models = (await readRegistry()).map(({ name }) => name)
  const names = { models, presets: presets.map(({ name }) => name) }
  return SCRIPTS[shell](completedCommands(atrous, names))
}
