// Random options and photos: each call gives a result or one clear line. The same seed gives the same calls.

import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { DeepLab, type ImageSource } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { below, pick, seededRandom } from '../support/mutants.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const CALLS = 1000

/** Names of options, some of which do not exist. */
const NAMES = [
  ...[
    'outputStride',
    'scales',
    'flip',
    'size',
    'output',
    'at',
    'batchSize',
    'signal',
    'onProgress',
    'onError',
    'crf',
  ],
  ...['seconds', 'onlyNew', 'Scales', '__proto__', 'constructor', 'toString', '', 'a\u001b[2Jb\n'],
]

const VALUES: unknown[] = [
  ...[
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    2,
    8,
    16,
    33,
    -1,
    0.5,
    1e9,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ],
  ...['v2', { posW: 1, posXy: 2, biW: 1, biXy: 3, biRgb: 4, iterations: 2 }, { posW: 1 }],
  ...['', '8', 'photo', 'network', 'mask', 'probabilities', 'logits', 'x'.repeat(200)],
  ...[[], [1], [1, 1], [0.5, 1], ['1'], [Number.NaN], [null], new Array(3), new Array(1e5).fill(1), [[1]]],
  ...[
    {},
    Object.create(null),
    new Map(),
    new Date(Number.NaN),
    /x/,
    7n,
    Symbol('s'),
    () => {},
    Promise.resolve(),
  ],
  ...[
    new Uint8Array(4),
    new Float32Array(4),
    new ArrayBuffer(4),
    new DataView(new ArrayBuffer(4)),
    new Proxy([], {}),
  ],
]

describe('random options and photos', () => {
  it(`give a result or one line, ${CALLS} times`, async () => {
    const model = await DeepLab.create(TINY, { gpu: await testGpu(), seed: 3 })
    const random = seededRandom(10)
    const photo = blocksPhoto(9, 7)
    let results = 0
    const failures: string[] = []
    const attempt = async (what: string, call: () => Promise<unknown>) => {
      try {
        await call()
        results++
      } catch (error) {
        const { message } = error as Error
        const isClear =
          error instanceof UserError && message.length < 600 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(message)
        if (!isClear) failures.push(`${what}: ${String((error as Error).stack ?? error)}`)
      }
    }
    const options = () => {
      const given: Record<string, unknown> = { size: 17 }
      for (let i = below(3, random); i > 0; i--) given[pick(NAMES, random)] = pick(VALUES, random)
      return given as object
    }
    const source = () => {
      if (random() < 0.4) return photo
      const value = pick(VALUES, random)
      if (random() < 0.5) return value as ImageSource
      const field = pick(
        ['width', 'height', 'data', 'originalWidth', 'originalHeight', 'href', 'arrayBuffer'],
        random,
      )
      return { ...photo, [field]: value } as ImageSource
    }
    for (let i = 0; i < CALLS; i++) {
      const [one, more, given] = [source(), source(), options()]
      const calls = {
        segment: () => model.segment(one, given),
        many: () => model.segment([one, more], given),
        explain: () => model.explain(one, given),
        overlay: async () => (await model.segment(photo, { size: 17 })).overlay(given),
      }
      const name = pick(Object.keys(calls) as (keyof typeof calls)[], random)
      await attempt(name, calls[name])
    }
    expect(failures).to.deep.equal([])
    expect(results).to.be.above(CALLS / 50)
    await model.dispose()
  })
})
