import type { CompletedCommand, Values } from './completion_tree.ts'

/** For PowerShell 5 or newer. If a completer returns nothing, PowerShell completes files. */
export function powershellScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of atrous for PowerShell.

Register-ArgumentCompleter -Native -CommandName atrous -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  # What may follow a command, and the value of an option; options without a value are in none.
  $operands = @{
${commands.map(({ path, operands }) => entry(path, operands.words)).join('\n')}
  }
  $options = @{
${commands
  .map(({ path, options }) =>
    entry(
      path,
      options.flatMap(({ names }) => names),
    ),
  )
  .join('\n')}
  }
  $values = @{
${commands.flatMap(valueEntries).join('\n')}
  }

  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | Select-Object -Skip 1 | ForEach-Object { "$_" })
  $command = ''
  foreach ($word in $before) {
    $next = "$command $word".Trim()
    if ($operands.ContainsKey($next)) { $command = $next }
  }
  $previous = if ($before.Count -gt 0) { $before[-1] } else { '' }

  $found = if ($values.ContainsKey("$command $previous")) { $values["$command $previous"] }
  elseif ($wordToComplete.StartsWith('-')) { $options[$command] }
  else { $operands[$command] }
  $found | Where-Object { $_.StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`
}

const valueEntries = ({ path, options }: CompletedCommand): string[] =>
  options.flatMap(({ names, values, optional }) =>
    values && !optional ? names.map(name => valueEntry(`${path} ${name}`, values)) : [],
  )

const valueEntry = (key: string, { words }: Values) => entry(key, words)

const entry = (key: string, words: readonly string[]) =>
  `    ${quoted(key)} = @(${words.map(quoted).join(', ')})`

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
