import type { CompletedCommand, Values } from './completion_tree.ts'

/** For bash 3.2 or newer. macOS's bash 3.2 has no associative arrays and no `compopt`. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of atrous for bash.

_atrous_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
_atrous_nothing() { compopt +o default 2>/dev/null; }
_atrous_folders() { compopt -o dirnames +o default 2>/dev/null; }
# Where there is no reply, bash completes files by itself.
_atrous_files() { :; }

_atrous() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= i
  COMPREPLY=()
  # Bash makes three words of --option=value.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/\${COMP_WORDS[i]}" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(asPattern(path))}) command=${quoted(path)} ;;`)
  .join('\n')}
    esac
  done
  case "$command/$previous" in
${commands.flatMap(optionCases).join('\n')}
  esac
  case "$command/$current" in
${commands.map(flagsCase).join('\n')}
  esac
  case "$command" in
${commands.map(({ path, operands }) => `    ${quoted(path)}) ${replyOf(operands)} ;;`).join('\n')}
  esac
}
complete -o default -F _atrous atrous`
}

/** `weights pull` becomes a pattern for the word `pull` after the command `weights`. */
function asPattern(path: string): string {
  const at = path.lastIndexOf(' ')
  return at < 0 ? `/${path}` : `${path.slice(0, at)}/${path.slice(at + 1)}`
}

const optionCases = ({ path, options }: CompletedCommand): string[] =>
  options.flatMap(({ names, values, optional }) => {
    if (!values || optional) return []
    const patterns = names.map(name => quoted(`${path}/${name}`)).join(' | ')
    return `    ${patterns}) ${replyOf(values)}; return ;;`
  })

const flagsCase = ({ path, options }: CompletedCommand): string =>
  `    ${quoted(`${path}/-`)}*) _atrous_words ${quoted(options.flatMap(({ names }) => names).join(' '))}; return ;;`

function replyOf({ words, paths }: Values): string {
  if (words.length > 0) return `_atrous_words ${quoted(words.join(' '))}`
  return paths ? `_atrous_${paths}` : '_atrous_nothing'
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
