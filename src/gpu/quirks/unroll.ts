// Unrolls loops of WGSL text, for compilers that leave a private array in memory where a loop indexes it, as SwiftShader's.
//
// A loop is unrolled if its turns can be counted from the text, as those of
//
//   for (var p = 0u; p < LANE_PIXELS; p++) { sums[p] += values[p]; }
//
// which becomes one block for each turn:
//
//   { const p = 0u; sums[p] += values[p]; }
//   { const p = 1u; sums[p] += values[p]; }
//
// Names keep their scopes, and the counter becomes a constant. An `if` without `else` whose condition can be computed, such as
// `if (UNPACKED == 1u)`, becomes its block or nothing, so that copies of it take no time to compile. All other text stays.

import { closingOf, conditionHolds, expressionValue, type Token, tokensOf } from '../wgsl_tokens.ts'

/** The most characters that a loop may become. A longer one stays as it is, and the loops in it are unrolled. */
const MOST_TEXT = 60_000
const MOST_TURNS = 64

/** The values of the names that are constants of type u32. */
export type Constants = Map<string, number>

/** A part of the text. */
interface Part {
  wgsl: string
  tokens: readonly Token[]
  start: number
  end: number
}

/** A `for` or an `if` with its block. */
interface Statement {
  /** The texts of the tokens between the brackets. */
  header: string[]
  /** The part between the braces. */
  body: Part
  /** The index of the closing brace. */
  last: number
}

/** A copy of a block, in which a counter has a value. */
interface Copy {
  counter?: string
  value: number
}

/** The text with its loops unrolled. */
export function unroll(wgsl: string): string {
  const tokens = tokensOf(wgsl)
  return unrollPart({ wgsl, tokens, start: 0, end: wgsl.length }, constantsOf(tokens))
}

/** The constants of the module, which may stand after their uses. */
export function constantsOf(tokens: readonly Token[]): Constants {
  const constants: Constants = new Map()
  let depth = 0
  let known: number
  do {
    known = constants.size
    for (const [i, { text }] of tokens.entries()) {
      depth += Number(text === '{') - Number(text === '}')
      if (depth === 0 && text === 'const') declare(tokens, i, constants)
    }
  } while (constants.size > known)
  return constants
}

function unrollPart(part: Part, outside: Constants): string {
  const { wgsl, tokens, start, end } = part
  const pieces: string[] = []
  const scopes = [new Map(outside)]
  let copied = start
  for (let i = 0; i < tokens.length; i++) {
    const scope = scopes.at(-1)!
    if (tokens[i].text === '{') scopes.push(new Map(scope))
    if (tokens[i].text === '}' && scopes.length > 1) scopes.pop()
    declare(tokens, i, scope)
    const statement = statementAt(part, i)
    const blocks = statement && blocksOf(statement, copiesAt(tokens, i, statement, scope), scope)
    if (blocks === undefined) continue
    pieces.push(wgsl.slice(copied, tokens[i].start), blocks)
    i = statement!.last
    copied = tokens[i].end
  }
  return pieces.join('') + wgsl.slice(copied, end)
}

/** Notes what a declaration at this place makes of a name: a constant of a known value, or something that hides one. */
function declare(tokens: readonly Token[], at: number, scope: Constants): void {
  const [{ text: keyword }, name, equals] = tokens.slice(at, at + 3)
  if (name?.text === ':') scope.delete(keyword) // a parameter of a function
  if (!name || !/^(const|let|var)$/.test(keyword)) return
  scope.delete(name.text)
  if (keyword !== 'const' || equals?.text !== '=') return
  const end = tokens.findIndex(({ text }, i) => i > at && text === ';')
  const value = expressionValue(textsOf(tokens.slice(at + 3, end)), scope)
  if (value !== undefined) scope.set(name.text, value)
}

const textsOf = (tokens: readonly Token[]) => tokens.map(({ text }) => text)

function statementAt({ wgsl, tokens }: Part, at: number): Statement | undefined {
  if (tokens[at].text !== 'for' && tokens[at].text !== 'if') return undefined
  const close = closingOf(tokens, at + 1) ?? Infinity
  const last = closingOf(tokens, close + 1)
  if (last === undefined) return undefined
  const body = {
    tokens: tokens.slice(close + 2, last),
    start: tokens[close + 1].end,
    end: tokens[last].start,
  }
  return { header: textsOf(tokens.slice(at + 2, close)), body: { wgsl, ...body }, last }
}

/** The copies of its block that do the same as the statement; undefined where they are not known. */
function copiesAt(
  tokens: readonly Token[],
  at: number,
  { header, body, last }: Statement,
  constants: Constants,
): Copy[] | undefined {
  if (tokens[at].text === 'for') return turnsOf(header.join(' '), body.tokens, constants)
  if (tokens[at - 1]?.text === 'else' || tokens[last + 1]?.text === 'else') return undefined
  if (mayLeave(body.tokens)) return undefined // compilers warn of what would follow a bare `return`
  const holds = conditionHolds(header, constants)
  return holds === undefined ? undefined : holds ? [{ value: 0 }] : []
}

/** The turns of a loop with a header such as `var p = 0u ; p < 8u ; p += 2u`. */
function turnsOf(header: string, body: readonly Token[], constants: Constants): Copy[] | undefined {
  const match = /^var (\S+) = (.+) ; \1 < (.+) ; \1 (?:\+\+|\+= (.+))$/.exec(header)
  if (!match) return undefined
  const [, counter, first, bound, step = '1u'] = match
  if (mayLeave(body) || mayChange(body, counter)) return undefined
  const from = expressionValue(first.split(' '), constants)
  const others = new Map(constants)
  others.delete(counter) // it hides a constant of its name
  const [end, by] = [bound, step].map(text => expressionValue(text.split(' '), others))
  if (from === undefined || end === undefined || !by) return undefined
  const turns = Math.max(0, Math.ceil((end - from) / by))
  if (turns > MOST_TURNS) return undefined
  return Array.from({ length: turns }, (_, i) => ({ counter, value: from + i * by }))
}

/** Whether a block may end early. */
const mayLeave = (body: readonly Token[]) => body.some(({ text }) => /^(continue|break|return)$/.test(text))

/** Whether the body may change a variable, or declares another one of its name. */
const mayChange = (body: readonly Token[], name: string) =>
  body.some(
    ({ text }, i) =>
      text === name &&
      (/^([-+*/%&|^]?=|<<=|>>=|\+\+|--)$/.test(body[i + 1]?.text) ||
        /^(&|let|var|const)$/.test(body[i - 1]?.text)),
  )

/** The copies as text; undefined if they are too long together. */
function blocksOf({ body }: Statement, copies: Copy[] | undefined, outside: Constants): string | undefined {
  if (!copies) return undefined
  const blocks: string[] = []
  let length = 0
  for (const { counter, value } of copies) {
    const constants = new Map(outside)
    if (counter !== undefined) constants.set(counter, value)
    const declaration = counter === undefined ? '' : ` const ${counter} = ${value}u;`
    blocks.push(`{${declaration}${unrollPart(body, constants)}}`)
    length += blocks.at(-1)!.length
    if (length > MOST_TEXT) return undefined
  }
  return blocks.join('\n')
}
