// The names of tensors in another library's checkpoints, and ours for the same tensors. One table serves both directions.

/**
 * Pairs of patterns, theirs and ours. `#` is a number and `*` the rest of a name; both sides have the same ones in the same order. The
 * first pair that matches counts.
 */
export type Renaming = readonly (readonly [theirs: string, ours: string])[]

/** Our name for one of theirs; undefined if the table has none. */
export const toOurs = (name: string, renaming: Renaming): string | undefined =>
  translate(name, renaming, 0, 1)

/** Their name for one of ours; undefined if the table has none. */
export const toTheirs = (name: string, renaming: Renaming): string | undefined =>
  translate(name, renaming, 1, 0)

function translate(name: string, renaming: Renaming, from: 0 | 1, to: 0 | 1): string | undefined {
  for (const pair of renaming) {
    const found = pattern(pair[from]).exec(name)
    if (!found) continue
    let index = 0
    return pair[to].replace(/[#*]/g, () => found[++index])
  }
  return undefined
}

/** Compiling takes longer than matching, and a checkpoint has a thousand names. */
const patterns = new Map<string, RegExp>()

function pattern(text: string): RegExp {
  const known = patterns.get(text)
  if (known) return known
  const escaped = text.replaceAll('.', '\\.').replaceAll('#', '(\\d+)').replaceAll('*', '(.+)')
  const made = new RegExp(`^${escaped}$`)
  patterns.set(text, made)
  return made
}
