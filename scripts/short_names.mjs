// Gives the local names of WGSL text short names: those of parameters of functions, and of what `let`, `var` and `const` declare in them.
// Compressed, that saves a page a kilobyte. All other names stay: the host reads those of constants, buffers and fields.

/** In lines of functions that the host replaces by their form: see src/gpu/wgsl.ts and src/gpu/quirks/texture_reads.ts. */
const KEPT = ['index', 'value']
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
/** A letter, or one with a digit or a capital behind it: WGSL has no such word. Some languages that it is translated to have i8 and u8. */
const SHORT = ['', ...'0123456789', ...LETTERS.toUpperCase()]
  .flatMap(end => [...LETTERS].map(letter => letter + end))
  .filter(name => name !== 'i8' && name !== 'u8')

const isName = text => /^[\p{XID_Start}_]/u.test(text)

/**
 * A function that shortens the names in a text. A name has one short name in all `texts`, so that what several of them share stays the
 * same, and the most frequent has the shortest. `tokensOf` is that of src/gpu/wgsl_tokens.ts.
 */
export function shortening(texts, tokensOf) {
  const words = texts.flatMap(text => wordsOf(text, tokensOf))
  const uses = new Map()
  for (const { text, role } of words) if (role === 'local') uses.set(text, 0)
  for (const { text, role } of words) if (role === 'other') uses.delete(text)
  for (const name of KEPT) uses.delete(name)
  for (const { text, role } of words)
    if (uses.has(text) && role !== 'field') uses.set(text, uses.get(text) + 1)
  const kept = words.filter(({ text, role }) => role === 'field' || !uses.has(text))
  const taken = new Set(kept.map(({ text }) => text))
  const free = SHORT.filter(name => !taken.has(name))
  if (free.length < uses.size) throw new Error('the shaders have more local names than there are short ones')
  const names = new Map([...uses].sort(([, a], [, b]) => b - a).map(([name], i) => [name, free[i]]))
  return text => shortened(text, wordsOf(text, tokensOf), names)
}

function shortened(wgsl, words, names) {
  let end = 0
  const pieces = words.map(word => {
    const before = wgsl.slice(end, word.start)
    end = word.end
    return before + ((word.role !== 'field' && names.get(word.text)) || word.text)
  })
  return pieces.join('') + wgsl.slice(end)
}

/**
 * The names in a text with their roles. `local`: it is declared in a function. `field`: of a structure or a vector. `other`: it is
 * declared outside functions, or called, or an attribute's. Uses of a name have no role.
 */
function wordsOf(wgsl, tokensOf) {
  const tokens = tokensOf(wgsl)
  const textAt = i => tokens[i]?.text
  let [depth, isStruct] = [0, false]
  return tokens.flatMap((token, i) => {
    if (token.text === '{') depth++
    if (token.text === '}') depth--
    if (depth === 0 && token.text !== '{')
      isStruct = token.text === 'struct' || (isStruct && token.text !== '}')
    return isName(token.text) ? [{ ...token, role: roleOf(i, { textAt, depth, isStruct }) }] : []
  })
}

function roleOf(i, { textAt, depth, isStruct }) {
  const [before, after] = [textAt(i - 1), textAt(i + 1)]
  if (before === '.' || (isStruct && depth > 0 && after === ':')) return 'field'
  if (after === '(' || before === '@' || (before === '(' && textAt(i - 2) === 'builtin')) return 'other'
  const isDeclared = before === 'let' || before === 'var' || before === 'const'
  if (depth > 0) return isDeclared ? 'local' : undefined
  if (isDeclared || ['>', 'fn', 'struct', 'alias'].includes(before)) return 'other'
  return after === ':' ? 'local' : undefined
}
