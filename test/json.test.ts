import { expect } from 'chai'
import * as v from 'valibot'
import { UserError } from '../src/errors.ts'
import { checkJson, expecting, parseJson } from '../src/json.ts'

describe('JSON that a schema checks', () => {
  const cases: [schema: v.GenericSchema, value: unknown, message: string][] = [
    [v.object({ a: v.string() }), {}, 'f.json: a: missing'],
    [v.object({ a: v.string() }), [], 'f.json: a: missing'],
    [v.object({ a: v.string() }), null, 'f.json: expected an object; got null'],
    [v.object({ a: v.array(v.number()) }), { a: [1, '2'] }, 'f.json: a.1: expected a number; got "2"'],
    [v.strictObject({}), { b: 1 }, 'f.json: b: there is no such field'],
    [v.pipe(v.number(), v.safeInteger()), 0.5, 'f.json: expected a whole number up to 2^53; got 0.5'],
    [v.pipe(v.number(), v.integer()), 0.5, 'f.json: expected a whole number; got 0.5'],
    [v.pipe(v.number(), v.minValue(1)), 0, 'f.json: expected at least 1; got 0'],
    [v.pipe(v.number(), v.gtValue(1)), 1, 'f.json: expected more than 1; got 1'],
    [
      v.pipe(v.array(v.number()), v.maxLength(1)),
      [1, 2],
      'f.json: expected a length of at most 1; got [1,2]',
    ],
    [v.picklist(['a', 'b']), 'c', 'f.json: expected a, b; got "c"'],
    [v.variant('k', [v.object({ k: v.literal('x') })]), { k: 1 }, 'f.json: k: expected x; got 1'],
    [v.variant('k', [v.object({ k: v.literal('x') })]), {}, 'f.json: k: missing; expected x'],
    [
      expecting('two numbers', v.strictTuple([v.number(), v.number()])),
      [1],
      'f.json: expected two numbers; got [1]',
    ],
    [v.object({ a: expecting('text', v.string()) }), { a: undefined }, 'f.json: a: missing; expected text'],
    [v.string(), { long: 'x'.repeat(1000) }, `f.json: expected text; got {"long":"${'x'.repeat(51)}…`],
    [v.number(), '\u001b[31m', 'f.json: expected a number; got "\\u001b[31m"'],
    [v.record(v.string(), v.number()), { 'a\u0007': 'b' }, 'f.json: a?: expected a number; got "b"'],
  ]
  for (const [schema, value, message] of cases)
    it(message, () =>
      expect(() => checkJson(schema, value, 'f.json'))
        .to.throw(UserError)
        .with.property('message', message),
    )

  it('begins with the field if there is no source, and accepts values that are not JSON', () => {
    const schema = v.object({ a: v.string() })
    const circular: { self?: object } = {}
    circular.self = circular
    for (const [value, shown] of [
      [3n, '3'],
      [Number.NaN, 'NaN'],
      [circular, 'an object that is not JSON'],
    ] as const)
      expect(() => checkJson(schema, { a: value })).to.throw(UserError, `a: expected text; got ${shown}`)
  })

  it('refuses text that is not JSON, and does not follow __proto__', () => {
    expect(() => parseJson(v.unknown(), '{"a": ', 'f.json')).to.throw(
      UserError,
      'f.json: not JSON, or cut short',
    )
    const found = parseJson(v.object({ a: v.optional(v.string()) }), '{"__proto__": {"a": "b"}}', 'f.json')
    expect(found.a).to.equal(undefined)
  })
})
