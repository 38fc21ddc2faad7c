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
// Names keep their scopes, and the counter becomes a constant. All other text stays as it is.

import { closingOf, evaluate, type Token, tokensOf } from './wgsl_tokens.ts'

/** The most characters that a loop may become. A longer one stays as it is, and the loops in it are unrolled. */
const MOST_TEXT = 40_000
const MOST_TURNS = 64

/** The values of the names that are constants of type u32. */
type Constants = Map<string, number>

/** A part of the text. */
interface Part {
  wgsl: string
  tokens: readonly Token[]
  start: number
  end: number
}

interface Loop {
  counter: string
  /** The counter's value in each turn. */
  values: readonly number[]
  /** What is between the braces. */
  body: Part
  /** How many tokens the loop has. */
  length: number
}

/** The text with its loops unrolled. */
export function unroll(wgsl: string): string {
  const tokens = tokensOf(wgsl)
  return unrollPart({ wgsl, tokens, start: 0, end: wgsl.length }, constantsOf(tokens))
}

/** The constants of the module, which may stand after their uses. */
function constantsOf(tokens: readonly Token[]): Constants {
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

function unrollPart({ wgsl, tokens, start, end }: Part, outside: Constants): string {
  const pieces: string[] = []
  const scopes = [new Map(outside)]
  let copied = start
  for (let i = 0; i < tokens.length; i++) {
    const scope = scopes.at(-1)!
    if (tokens[i].text === '{') scopes.push(new Map(scope))
    if (tokens[i].text === '}' && scopes.length > 1) scopes.pop()
    declare(tokens, i, scope)
    const loop = tokens[i].text === 'for' ? countedLoop(wgsl, tokens.slice(i), scope) : undefined
    const blocks = loop && blocksOf(loop, scope)
    if (blocks === undefined) continue
    pieces.push(wgsl.slice(copied, tokens[i].start), blocks)
    i += loop!.length - 1
    copied = tokens[i].end
  }
  return pieces.join('') + wgsl.slice(copied, end)
}

/** A block for each turn; undefined if they are too long together. */
function blocksOf({ counter, values, body }: Loop, outside: Constants): string | undefined {
  const blocks: string[] = []
  let length = 0
  for (const value of values) {
    const turn = unrollPart(body, new Map(outside).set(counter, value))
    blocks.push(`{ const ${counter} = ${value}u;${turn}}`)
    length += turn.length
    if (length > MOST_TEXT) return undefined
  }
  return blocks.join('\n')
}

/** Notes what a declaration at this place makes of a name: a constant of a known value, or something that hides one. */
function declare(tokens: readonly Token[], at: number, scope: Constants): void {
  const [{ text: keyword }, name, equals] = tokens.slice(at, at + 3)
  if (name?.text === ':') scope.delete(keyword) // a parameter of a function
  if (!name || !/^(const|let|var)$/.test(keyword)) return
  scope.delete(name.text)
  if (keyword !== 'const' || equals?.text !== '=') return
  const end = tokens.findIndex(({ text }, i) => i > at && text === ';')
  const value = evaluate(textsOf(tokens.slice(at + 3, end)), scope)
  if (value !== undefined) scope.set(name.text, value)
}

const textsOf = (tokens: readonly Token[]) => tokens.map(({ text }) => text)

/** The `for` that the tokens start with, if its turns can be counted. */
function countedLoop(wgsl: string, tokens: readonly Token[], constants: Constants): Loop | undefined {
  const close = closingOf(tokens, 1) ?? Infinity
  const end = closingOf(tokens, close + 1)
  const counted = countedBy(textsOf(tokens.slice(2, close)).join(' '), constants)
  if (end === undefined || !counted) return undefined
  const inside = tokens.slice(close + 2, end)
  if (mayLeave(inside) || mayChange(inside, counted.counter)) return undefined
  const body = { wgsl, tokens: inside, start: tokens[close + 1].end, end: tokens[end].start }
  return { ...counted, body, length: end + 1 }
}

/** The turns that a header such as `var p = 0u ; p < 8u ; p += 2u` makes. */
function countedBy(header: string, constants: Constants): Pick<Loop, 'counter' | 'values'> | undefined {
  const match = /^var (\S+) = (.+) ; \1 < (.+) ; \1 (?:\+\+|\+= (.+))$/.exec(header)
  if (!match) return undefined
  const [, counter, first, bound, step = '1u'] = match
  const from = evaluate(first.split(' '), constants)
  const others = new Map(constants)
  others.delete(counter) // it hides a constant of its name
  const [end, by] = [bound, step].map(text => evaluate(text.split(' '), others))
  if (from === undefined || end === undefined || !by) return undefined
  const turns = Math.max(0, Math.ceil((end - from) / by))
  if (turns > MOST_TURNS) return undefined
  return { counter, values: Array.from({ length: turns }, (_, i) => from + i * by) }
}

/** Whether a turn may end early. */
const mayLeave = (body: readonly Token[]) => body.some(({ text }) => text === 'continue' || text === 'break')

/** Whether the body may change a variable, or declares another one of its name. */
const mayChange = (body: readonly Token[], name: string) =>
  body.some(
    ({ text }, i) =>
      text === name &&
      (/^([-+*/%&|^]?=|<<=|>>=|\+\+|--)$/.test(body[i + 1]?.text) ||
        /^(&|let|var|const)$/.test(body[i - 1]?.text)),
  )
