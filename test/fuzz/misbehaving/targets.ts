// Targets that go wrong in every way, for the test of what watches them.

import { UserError } from '../../../src/errors.ts'
import type { FuzzTarget } from '../target.ts'

/** In another way in each round; a new process begins with the first. */
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
