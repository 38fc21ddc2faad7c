import { expect } from 'chai'

/** Asserts that two sets of weights are the same to the bit; `to.deep.equal` takes seconds over so many numbers. */
export function expectSameBits(
  actual: ReadonlyMap<string, Float32Array>,
  expected: ReadonlyMap<string, Float32Array>,
): void {
  expect([...actual.keys()]).to.have.members([...expected.keys()])
  for (const [name, values] of expected)
    expect(bytesOf(actual.get(name)!).equals(bytesOf(values)), name).to.equal(true)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)
