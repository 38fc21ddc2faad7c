// Takes out of WGSL text what only its readers need: comments, blank lines, indentation but for one space, and in indented lines the
// spaces that no token needs. Lines stay, and names until short_names.mjs, so that the text in an error message can still be read. Lines that are not
// indented keep their spaces: the host finds constants, bindings and textures there by their form.

/** `tokensOf` is that of src/gpu/wgsl_tokens.ts. */
export function stripWgsl(wgsl, tokensOf) {
  let end = 0
  let before = ''
  let isIndented = false
  const pieces = tokensOf(wgsl).map(token => {
    const gap = wgsl.slice(end, token.start)
    const line = gap.lastIndexOf('\n')
    if (line >= 0) isIndented = line < gap.length - 1
    const isNeeded = !isIndented || wouldJoin(before, token.text)
    const space = line >= 0 ? (isIndented ? '\n ' : '\n') : gap !== '' && isNeeded ? ' ' : ''
    end = token.end
    before = token.text
    return space + token.text
  })
  return `${pieces.join('').trimStart()}\n`
}

/** Whether two tokens side by side might be read as another one. */
function wouldJoin(a, b) {
  const isWord = /^[\p{XID_Continue}.]+$/u
  const isOperator = /^[-+*/%&|^=!<>]+$/
  return (isWord.test(a) && isWord.test(b)) || (isOperator.test(a) && isOperator.test(b))
}
