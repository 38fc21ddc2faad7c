// Takes out of WGSL text what only its readers need: comments, blank lines, and indentation but for one space. Lines and names stay,
// so that the text in an error message can still be read. The one space is what tells constants of the module, which the host reads
// at the start of a line, from those of functions.

/** `tokensOf` is that of src/gpu/wgsl_tokens.ts. */
export function stripWgsl(wgsl, tokensOf) {
  let end = 0
  const pieces = tokensOf(wgsl).map(token => {
    const gap = gapOf(wgsl.slice(end, token.start))
    end = token.end
    return gap + token.text
  })
  return `${pieces.join('').trimStart()}\n`
}

/** What stays between two tokens, of white space and comments. */
function gapOf(text) {
  const line = text.lastIndexOf('\n')
  if (line >= 0) return line === text.length - 1 ? '\n' : '\n '
  return text.includes('/*') ? ' ' : text
}
