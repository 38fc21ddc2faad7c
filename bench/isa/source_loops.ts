// The loops of a shader's text, and how often each is run by an average lane, by the numbers of a kernel.

import { type Constants, constantsOf } from '../../src/gpu/quirks/unroll.ts'
import {
  closingOf,
  conditionHolds,
  expressionValue,
  type Token,
  tokensOf,
} from '../../src/gpu/wgsl_tokens.ts'

export interface SourceLoop {
  /** What `averages` know it by: the counter of a `for`; `while` and `loop`. */
  name: string
  /** Undefined if neither the text nor `averages` says it. */
  turns: number | undefined
  /** Whether a compiler can count the turns: then it may unroll the loop. */
  fixed: boolean
  /** Whether there is a multiply-add in it. */
  multiplies: boolean
  loops: SourceLoop[]
}

interface KernelNumbers {
  params: Record<string, number>
  /** Turns of loops by their names, and values of variables, where they depend on the lane or the workgroup: their averages. */
  averages: Record<string, number>
}

interface Scope {
  /** What a compiler knows. */
  constants: Constants
  /** What the kernel's numbers add. */
  all: Constants
}

interface Text {
  tokens: readonly Token[]
  /** The first and the last token of each function's block. */
  functions: ReadonlyMap<string, [open: number, close: number]>
  averages: Record<string, number>
}

/** The loops of `main`, with those of the functions that it calls in their places. */
export function sourceLoops(wgsl: string, { params, averages }: KernelNumbers): SourceLoop[] {
  const { tokens, constants } = simplified(wgsl)
  const all = new Map([...constants, ...Object.entries(averages)])
  for (const [name, value] of Object.entries(params)) all.set(`params.${name}`, value)
  const functions = functionsOf(tokens)
  const [open, close] = functions.get('main') ?? [0, 0]
  return loopsIn({ tokens, functions, averages }, { from: open + 1, to: close }, { constants, all })
}

/** Invocations of a workgroup. */
export function workgroupSize(wgsl: string): number {
  const { constants } = simplified(wgsl)
  const axes = /@workgroup_size\(([^)]+)\)/.exec(wgsl)![1].split(',')
  return axes.reduce((size, axis) => size * expressionValue(textsOf(simplified(axis).tokens), constants)!, 1)
}

/** Bytes of the workgroup memory that the shader declares. Its structs need no padding. */
export function workgroupBytes(wgsl: string): number {
  const { tokens, constants } = simplified(wgsl)
  const words = textsOf(tokens)
  const lengthOf = (length: string[]): number => {
    if (length[0] !== 'select') return expressionValue(length, constants)!
    const [otherwise, then, condition] = parts(length.slice(2, -1))
    return lengthOf(conditionHolds(condition, constants) ? then : otherwise)
  }
  const sizeOf = (type: string[]): number => {
    const [name, , ...inner] = type
    if (name === 'array') {
      const [element, length] = parts(inner.slice(0, -1))
      return sizeOf(element) * lengthOf(length)
    }
    const struct = words.findIndex((word, i) => word === name && words[i - 1] === 'struct')
    if (struct < 0) return 4 * Number(/^vec(\d)/.exec(name)?.[1] ?? 1)
    const members = parts(words.slice(struct + 2, words.indexOf('}', struct)))
    return members.reduce((sum, [, , ...type]) => sum + sizeOf(type), 0)
  }
  let bytes = 0
  for (const [i, word] of words.entries())
    if (word === 'workgroup' && words[i - 1] === '<')
      bytes += sizeOf(words.slice(i + 4, words.indexOf(';', i)))
  return bytes
}

/** What stands between the commas that are in no brackets. */
function parts(words: readonly string[]): string[][] {
  const found: string[][] = [[]]
  let depth = 0
  for (const word of words) {
    if (word === ',' && depth === 0) found.push([])
    else found.at(-1)!.push(word)
    depth += /^[<(]$/.test(word) ? 1 : /^[>)]$/.test(word) ? -1 : 0
  }
  return found.filter(part => part.length > 0)
}

/** The constants of the module. */
export const shaderConstants = (wgsl: string): Constants => simplified(wgsl).constants

const simple = new Map<string, { tokens: Token[]; constants: Constants }>()

/** The tokens, in which `params.name` is one, and numbers have no type other than u32, nor constants a type at all. */
function simplified(wgsl: string): { tokens: Token[]; constants: Constants } {
  const known = simple.get(wgsl)
  if (known) return known
  const all = tokensOf(wgsl)
  const tokens: Token[] = []
  for (let i = 0; i < all.length; i++) {
    const { text } = all[i]
    if (text === 'params' && all[i + 1]?.text === '.') {
      tokens.push({ ...all[i], text: `params.${all[i + 2].text}` })
      i += 2
    } else if (/^\d+i?$/.test(text)) tokens.push({ ...all[i], text: `${Number.parseInt(text, 10)}u` })
    else if (text === ':' && /^(const|let)$/.test(all[i - 2]?.text) && all[i + 2]?.text === '=') i++
    else if (!(/^[iu]32$/.test(text) && all[i + 1]?.text === '(')) tokens.push(all[i])
  }
  const found = { tokens, constants: constantsOf(tokens) }
  simple.set(wgsl, found)
  return found
}

const textsOf = (tokens: readonly Token[]) => tokens.map(({ text }) => text)

function functionsOf(tokens: Text['tokens']): Map<string, [number, number]> {
  const functions = new Map<string, [number, number]>()
  for (const [i, { text }] of tokens.entries()) {
    if (text !== 'fn') continue
    const open = tokens.findIndex((token, at) => at > i && token.text === '{')
    functions.set(tokens[i + 1].text, [open, closingBrace(tokens, open)])
  }
  return functions
}

const closingBrace = (tokens: Text['tokens'], open: number): number =>
  closingOf(tokens, open) ?? tokens.length

function loopsIn(text: Text, { from, to }: { from: number; to: number }, outside: Scope): SourceLoop[] {
  const { tokens, functions } = text
  const scope = { constants: new Map(outside.constants), all: new Map(outside.all) }
  const loops: SourceLoop[] = []
  for (let i = from; i < to; i++) {
    const { text: word } = tokens[i]
    const called = tokens[i + 1]?.text === '(' && functions.get(word)
    if (called) loops.push(...loopsIn(text, { from: called[0] + 1, to: called[1] }, outside))
    if (word === 'let' || word === 'const') declare(text, i, scope)
    if (word !== 'for' && word !== 'while' && word !== 'loop' && word !== 'if') continue
    const open = word === 'loop' ? i + 1 : closingBrace(tokens, i + 1) + 1
    const body = { from: open + 1, to: closingBrace(tokens, open) }
    const header = textsOf(tokens.slice(i + 2, open - 1))
    if (word === 'if') {
      const known = conditionHolds(header, scope.constants)
      const runs = known ?? conditionHolds(header, scope.all)
      if (known !== false)
        loops.push(...loopsIn(text, body, scope).map(loop => (runs === false ? unrun(loop) : loop)))
      i = known === true && tokens[body.to + 1]?.text === 'else' ? closingBrace(tokens, body.to + 2) : body.to
    } else {
      loops.push(loopOf(text, { word, header, body }, scope))
      i = body.to
    }
  }
  return loops
}

const unrun = (loop: SourceLoop): SourceLoop => ({ ...loop, turns: 0 })

/** Notes the value of a name, where it can be computed. */
function declare({ tokens, averages }: Text, at: number, { constants, all }: Scope): void {
  const name = tokens[at + 1].text
  const equals = tokens.findIndex(({ text }, i) => i > at && text === '=')
  const end = tokens.findIndex(({ text }, i) => i > at && text === ';')
  const expression = textsOf(tokens.slice(equals + 1, end))
  for (const scope of [constants, all]) {
    const value = expressionValue(expression, scope)
    if (value !== undefined) scope.set(name, value)
    else if (scope === constants || !(name in averages)) scope.delete(name)
  }
}

interface Statement {
  word: string
  header: readonly string[]
  body: { from: number; to: number }
}

/** `fma(a, b, c)` and, as onnxruntime's shaders have it, `sum = a * b + sum`. */
const MULTIPLY_ADD = /\bfma\b|(?:^|[;{}] )([^;{}=]+) = [^;=]* \* [^;=]* \+ \1 ;/

function loopOf(text: Text, { word, header, body }: Statement, scope: Scope): SourceLoop {
  const counter = word === 'for' && header[0] === 'var' ? header[1] : undefined
  const name = counter ?? word
  const inside = { constants: new Map(scope.constants), all: new Map(scope.all) }
  if (counter !== undefined) for (const values of [inside.constants, inside.all]) values.delete(counter)
  const fixed = turnsOf(header, scope.constants)
  return {
    name,
    turns: fixed ?? text.averages[name] ?? turnsOf(header, scope.all),
    fixed: fixed !== undefined,
    multiplies: MULTIPLY_ADD.test(textsOf(text.tokens.slice(body.from, body.to)).join(' ')),
    loops: loopsIn(text, body, inside),
  }
}

/**
 * The turns of a loop with a header such as `var i = first; i < end; i += step`. Where `first` is not known but the step is, the lanes
 * start at 0 … step − 1, and the average is that of all of them.
 */
function turnsOf(header: readonly string[], values: Constants): number | undefined {
  const text = header.join(' ').replace(/(\S+) = \1 \+ (\S+)$/, '$1 += $2')
  const match = /^var (\S+)(?: : \S+)? = (.+) ; \1 (<|<=|>) (.+) ; \1 (?:(\+\+)|(\+=|\*=|\/=) (.+))$/.exec(
    text,
  )
  if (!match) return undefined
  const [, , first, comparison, bound, increment, operator, by = '1u'] = match
  const [from, to, step] = [first, bound, by].map(text => expressionValue(text.split(' '), values))
  if (to === undefined || !step) return undefined
  if (operator === '/=')
    return from && comparison === '>' ? Math.floor(Math.log(from) / Math.log(step)) + 1 : undefined
  if (operator === '*=')
    return from ? Math.max(0, Math.ceil(Math.log(to / from) / Math.log(step))) : undefined
  const end = comparison === '<=' ? to + 1 : to
  if (from === undefined) return increment ? undefined : end / step
  return Math.max(0, Math.ceil((end - from) / step))
}
