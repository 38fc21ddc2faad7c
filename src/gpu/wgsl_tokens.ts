// The tokens of WGSL text, as far as quirks/unroll.ts and the readers of shaders need them: names, numbers, operators and brackets, without comments.

export interface Token {
  text: string
  /** Where it starts in the text. */
  start: number
  /** Where it ends: the place after its last character. */
  end: number
}

const SKIPPED = String.raw`\s+|//.*|/\*[^]*?\*/`
const NAME = String.raw`[\p{XID_Start}_]\p{XID_Continue}*`
const NUMBER = String.raw`0[xX][\da-fA-F]+[iu]?|\d[\w.]*`
const OPERATOR = String.raw`<<=|>>=|[-+*/%&|^=!<>]=|\+\+|--|&&|\|\||<<|[^]`
const TOKEN = new RegExp(`(${SKIPPED})|${NAME}|${NUMBER}|${OPERATOR}`, 'gu')

export const tokensOf = (wgsl: string): Token[] =>
  [...wgsl.matchAll(TOKEN)].flatMap(({ 0: text, 1: skipped, index: start }) =>
    skipped === undefined ? [{ text, start, end: start + text.length }] : [],
  )

const CLOSING = { '(': ')', '{': '}' }

/** The index of the bracket that closes the one at `open`; undefined if there is none. */
export function closingOf(tokens: readonly Token[], open: number): number | undefined {
  const opening = tokens[open]?.text
  if (opening !== '(' && opening !== '{') return undefined
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    if (tokens[i].text === opening) depth++
    if (tokens[i].text === CLOSING[opening]) depth--
    if (depth === 0) return i
  }
  return undefined
}

type Operators = Record<string, (a: number, b: number) => number>
const SUMS: Operators = { '+': (a, b) => a + b, '-': (a, b) => a - b }
const PRODUCTS: Operators = { '*': (a, b) => a * b, '/': (a, b) => Math.trunc(a / b), '%': (a, b) => a % b }

/**
 * The value of an expression of type u32, as the texts of its tokens. Undefined if it is made of anything else than decimal
 * numbers, `constants`, brackets, min, max, and + - * / %.
 */
export function expressionValue(
  expression: readonly string[],
  constants: ReadonlyMap<string, number>,
): number | undefined {
  let at = 0
  const skip = (text: string) => (expression[at++] === text ? 0 : NaN)
  const operand = (): number => {
    const text = expression[at++]
    if (text === '(') return sum() + skip(')')
    if (text === 'min' || text === 'max') return skip('(') + Math[text](sum(), skip(',') + sum()) + skip(')')
    return /^\d+u$/.test(text) ? Number.parseInt(text, 10) : (constants.get(text) ?? NaN)
  }
  const chain = (operators: Operators, next: () => number) => (): number => {
    let value = next()
    while (Object.hasOwn(operators, expression[at] ?? '')) value = operators[expression[at++]](value, next())
    return value
  }
  const sum = chain(SUMS, chain(PRODUCTS, operand))
  const value = sum()
  return at === expression.length && value >= 0 && value < 2 ** 32 ? value : undefined
}

const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** Whether a comparison of two such expressions holds. Undefined for any other condition. */
export function conditionHolds(
  condition: readonly string[],
  constants: ReadonlyMap<string, number>,
): boolean | undefined {
  const at = condition.findIndex(text => Object.hasOwn(COMPARISONS, text))
  const [a, b] = [condition.slice(0, at), condition.slice(at + 1)].map(side =>
    expressionValue(side, constants),
  )
  return at < 0 || a === undefined || b === undefined ? undefined : COMPARISONS[condition[at]](a, b)
}
