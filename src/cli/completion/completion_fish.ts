import type { CompletedCommand, CompletedOption, Values } from './completion_tree.ts'

export function fishScript(commands: readonly CompletedCommand[]): string {
  return ['# Completion of atrous for fish.', '', 'complete -c atrous -f', ...commands.flatMap(linesOf)].join(
    '\n',
  )
}

function linesOf({ path, options, operands, subcommands }: CompletedCommand): string[] {
  const start = `complete -c atrous -n ${quoted(conditionOf(path, subcommands))}`
  const operandLines =
    subcommands.length > 0
      ? subcommands.map(({ name, description }) => `${start} -a ${name} -d ${quoted(description)}`)
      : [`${start} ${valueFlags(operands)}`]
  return [...operandLines, ...options.map(option => `${start} ${optionFlags(option)}`)]
}

/** The condition for a command's own options. For a command with subcommands: none of them is present yet. */
function conditionOf(path: string, subcommands: readonly { name: string }[]): string {
  const seen = path.split(' ').map(name => `__fish_seen_subcommand_from ${name}`)
  const none = `not __fish_seen_subcommand_from ${subcommands.map(({ name }) => name).join(' ')}`
  return [...(path === '' ? [] : seen), ...(subcommands.length > 0 ? [none] : [])].join('; and ')
}

function optionFlags({ names, description, values, optional }: CompletedOption): string {
  const flags = names.map(name => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
  const value = values && !optional ? [`-r ${valueFlags(values)}`] : []
  return [...flags, ...value, `-d ${quoted(description)}`].join(' ')
}

function valueFlags({ words, paths }: Values): string {
  if (paths === 'folders') return `-f -a '(__fish_complete_directories)'`
  const list = words.length > 0 ? ` -a ${quoted(words.join(' '))}` : ''
  return `${paths ? '-F' : '-f'}${list}`
}

const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
