import { readFileSync } from 'node:fs'
import { expect } from 'chai'

/** Any dense result, whatever its rank. */
export interface Dense {
  shape: readonly number[]
  data: ArrayLike<number>
}

/** One line of a golden file, as golden.py describes it. */
interface Golden {
  op: string
  name: string
  given: unknown
  expected: Record<string, Dense>
}

/** A vector as a golden file has it. */
export const vector = (data: Float64Array): Dense => ({ shape: [data.length], data })

/** What makes the tests of a golden file: one for each case of an op; `run` gives the results by the names the file has for them. */
export function goldenTests(file: string) {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const goldens: Golden[] = lines.map(line => JSON.parse(line, revive))
  return function agrees<Given>(op: string, run: (given: Given) => Record<string, Dense>): void {
    const cases = goldens.filter(golden => golden.op === op)
    if (cases.length === 0) throw new Error(`${file} has no case of ${op}`)
    describe(op, () => {
      for (const golden of cases) {
        it(golden.name, () => {
          const actual = run(golden.given as Given)
          for (const [name, expected] of Object.entries(golden.expected))
            expectSame(actual[name], expected, name)
        })
      }
    })
  }
}

/** Turns the { "float64": [...] } and { "uint8": [...] } of the file into typed arrays. */
function revive(_key: string, value: { float64?: unknown[]; uint8?: number[] } | null) {
  if (value?.float64) return Float64Array.from(value.float64, Number)
  if (value?.uint8) return Uint8Array.from(value.uint8)
  return value
}

/** The same shape, the same NaNs and infinities, and every number within 1e-12 of its size (or of 1). */
function expectSame(actual: Dense, expected: Dense, name: string) {
  expect(actual.shape).to.deep.equal(expected.shape)
  expect(actual.data.length).to.equal(expected.data.length)
  for (let i = 0; i < expected.data.length; i++) {
    const [a, r] = [actual.data[i], expected.data[i]]
    if (Number.isFinite(r)) expect(a, `${name} ${i}`).to.be.closeTo(r, 1e-12 * Math.max(1, Math.abs(r)))
    else expect(a, `${name} ${i}`).to.deep.equal(r)
  }
}
