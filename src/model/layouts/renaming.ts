// The names of tensors in another library's checkpoints, and ours for the same tensors. One table serves both directions.

/**
 * Pairs of patterns, theirs and ours. `#` is a number and `*` the rest of a name; both sides have the same ones in the same order. The
 * first pair that matches counts.
 */
export type Renaming = readonly (readonly [theirs: string, ours: string])[]

/** Our name of a checkpoint's tensor. A name that the table does not have stays. */
export const ourName = (name: string, renaming?: Renaming): string => translated(name, renaming, [0, 1])

/** The name of one of our parameters in a checkpoint. Without a table it is ours. */
export const nameInCheckpoint = (name: string, renaming?: Renaming): string =>
  translated(name, renaming, [1, 0])

/** Whether the table has one of our names. */
export const isNamed = (name: string, renaming: Renaming): boolean =>
  renaming.some(([, ours]) => pattern(ours).test(name))

function translated(name: string, renaming: Renaming = [], [from, to]: [0, 1] | [1, 0]): string {
  for (const pair of renaming) {
    const found = pattern(pair[from]).exec(name)
    if (!found) continue
    let index = 0
    return pair[to].replace(/[#*]/g, () => found[++index])
  }
  return name
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
