// The words to complete: commander's commands, options and arguments as plain values.

import type { Argument, Command, Option } from 'commander'

/** The possible values at a position: some words, files or folders, or unknown. */
export interface Values {
  words: readonly string[]
  paths?: 'files' | 'folders'
}

export interface CompletedOption {
  /** `--out`, and `-o` if there is one. */
  names: string[]
  description: string
  /** Undefined for a switch. */
  values?: Values
  /** Whether a value may be left out. */
  optional: boolean
}

export interface CompletedCommand {
  /** The path of subcommands, separated by spaces: `weights pull`; empty for the command itself. */
  path: string
  description: string
  options: CompletedOption[]
  /** The values of arguments. A command with subcommands has their names. */
  operands: Values
  subcommands: { name: string; description: string }[]
}

interface Names {
  models: readonly string[]
  presets: readonly string[]
}

/** A command and all its subcommands. */
export function completedCommands(command: Command, names: Names, path = ''): CompletedCommand[] {
  const below = (name: string) => (path === '' ? name : `${path} ${name}`)
  const subcommands = command.commands.map(each => ({ name: each.name(), description: each.summary() }))
  const [argument] = command.registeredArguments
  const own: CompletedCommand = {
    path,
    description: command.summary(),
    subcommands,
    options: command
      .createHelp()
      .visibleOptions(command)
      .map(option => optionOf(option, path, names)),
    operands: argument ? valuesOf(argument, path, names) : { words: subcommands.map(({ name }) => name) },
  }
  return [own, ...command.commands.flatMap(each => completedCommands(each, names, below(each.name())))]
}

const optionOf = (option: Option, path: string, names: Names): CompletedOption => ({
  names: [option.short, option.long].filter(name => name !== undefined),
  description: option.description.replace(/\s*\(default.*$/s, '').replace(/\s+/g, ' '),
  values: option.required || option.optional ? valuesOf(option, path, names) : undefined,
  optional: option.optional,
})

/** The possible values: the choices, else derived from the value's name in the help. */
function valuesOf(of: Option | Argument, path: string, { models, presets }: Names): Values {
  if (of.argChoices) return { words: of.argChoices }
  const name = 'flags' in of ? (/[<[](\w+)/.exec(of.flags)?.[1] ?? '') : of.name()
  switch (name) {
    case 'folder':
      return { words: [], paths: 'folders' }
    case 'file':
    case 'image':
    case 'in':
    case 'out':
      return { words: [], paths: 'files' }
    case 'preset':
      return { words: presets }
    case 'name':
      return { words: path === 'weights pull' ? models : [] }
    case 'model':
      return {
        words: /bench|tune/.test(path) ? [...new Set([...presets, ...models])] : models,
        paths: 'files',
      }
    default:
      return { words: [] }
  }
}
