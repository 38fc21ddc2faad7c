// A target that fails in every way, for the test of the fuzzer.

import { UserError } from '../../../src/errors.ts'
import type { FuzzTarget } from '../target.ts'

/** Each round fails in another way; a new process starts with the first. */
export const misbehaving: FuzzTarget = {
  name: 'misbehaving',
  async prepare() {
    const ways = [
      () => 'read',
      () => {
        throw new UserError('refused in one line')
      },
      () => console.log('printed'),
      () => {
        throw new TypeError('x is not a function')
      },
      () => process.exit(3),
    ]
    return async () => ways.shift()!()
  },
}

export const hanging: FuzzTarget = {
  name: 'hanging',
  prepare: async () => async () => {
    for (;;);
  },
}
