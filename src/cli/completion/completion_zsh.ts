import type { CompletedCommand, CompletedOption, Values } from './completion_tree.ts'

export function zshScript(commands: readonly CompletedCommand[]): string {
  const below = commands.filter(({ path }) => path !== '')
  return `#compdef atrous
# Completion of atrous for zsh.

_atrous_names_or_files() { _alternative "names:name:($*)" 'files:file:_files' }

_atrous() {
  local command= first=1 i
  for ((i = 2; i < CURRENT; i++)); do
    case "$command/$words[i]" in
${below.map(({ path }) => `      ${quoted(path.replace(/^(?:(.*) )?(\S+)$/, '$1/$2'))}) command=${quoted(path)} first=$i ;;`).join('\n')}
    esac
  done
  # _arguments is to see the words of the subcommand alone.
  shift $((first - 1)) words
  ((CURRENT -= first - 1))
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}

if [[ $funcstack[1] == _atrous ]]; then _atrous "$@"; else compdef _atrous atrous; fi`
}

function commandCase({ path, options, operands, subcommands }: CompletedCommand): string {
  const described = subcommands.map(({ name, description }) => `${name}\\:${quotedInList(description)}`)
  const operand = described.length > 0 ? `((${described.join(' ')}))` : actionOf(operands)
  const specs = [...options.map(optionSpec), ...(operand === '' ? [] : [quoted(`*: :${operand}`)])]
  return `    ${quoted(path)})
      _arguments -s ${specs.map(spec => `\\\n        ${spec}`).join(' ')} ;;`
}

/** `'(-o --out)'{-o,--out}'[where to write]: :_files -/'` */
function optionSpec({ names, description, values, optional }: CompletedOption): string {
  const text = `[${description.replace(/[[\]:\\]/g, '\\$&')}]`
  const value = values ? `${optional ? '::' : ':'} :${actionOf(values)}` : ''
  if (names.length === 1) return quoted(`${names[0]}${text}${value}`)
  return `${quoted(`(${names.join(' ')})`)}{${names.join(',')}}${quoted(text + value)}`
}

function actionOf({ words, paths }: Values): string {
  const files = paths && (paths === 'folders' ? '_files -/' : '_files')
  if (words.length === 0) return files ?? ''
  if (!files) return `(${words.join(' ')})`
  return `{_atrous_names_or_files ${words.join(' ')}}`
}

const quotedInList = (text: string) => `"${text.replace(/["\\$`:]/g, '\\$&')}"`
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
