import { expect } from 'chai'

/** Asserts that it throws or rejects with an error of this type and returns the error. */
export async function rejects<T extends Error>(
  type: abstract new (...args: never[]) => T,
  run: () => unknown,
): Promise<T> {
  let error: unknown
  try {
    await run()
  } catch (thrown) {
    error = thrown
  }
  expect(error, `a ${type.name}`).to.be.an.instanceOf(type)
  return error as T
}
