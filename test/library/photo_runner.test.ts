// The runner of many photos, with steps that do nothing but wait.

import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Outcome, type PhotoSteps, type RunLimits, runPhotos } from '../../src/library/photo_runner.ts'
import { rejection } from '../node/support.ts'

async function* countTo(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item
}

describe('runPhotos', () => {
  /** What was called, in order. */
  let calls: string[]
  let outcomes: Outcome<number>[]
  let [underWay, mostUnderWay] = [0, 0]

  /** How long a stage takes, in milliseconds. Every third item is slow to read. */
  const wait = (stage: string, item: number) =>
    sleep(stage === 'find' ? 15 : stage === 'read' && item % 3 === 0 ? 12 : 2)

  const stages: PhotoSteps<number, number, number, number> = {
    ahead: 2,
    known: () => undefined,
    weigh: () => 1,
    async read(item) {
      mostUnderWay = Math.max(mostUnderWay, ++underWay)
      await wait('read', item)
      return item
    },
    async submit([item]) {
      calls.push(`submit ${item}`)
      await wait('submit', item)
      return async () => {
        await wait('find', item)
        calls.push(`found ${item}`)
        return [item * 10]
      }
    },
    async write(item, _, { found }) {
      await wait('write', item)
      return found + item
    },
    async settle(_, outcome) {
      underWay--
      outcomes.push(outcome)
    },
  }
  const run = (
    items: AsyncIterable<number>,
    changes: Partial<typeof stages> = {},
    options: Partial<RunLimits> = {},
  ) => runPhotos(items, { ...stages, ...changes }, { items: 5, bytes: 100, ...options })

  beforeEach(() => {
    calls = []
    outcomes = []
    underWay = 0
    mostUnderWay = 0
  })

  it('settles all items in their order, and gives the GPU the next one before it has the result of the last', async () => {
    await run(countTo(20))
    expect(outcomes).to.deep.equal(Array.from({ length: 20 }, (_, item) => ({ result: 11 * item })))
    const submits = calls.filter(call => call.startsWith('submit'))
    expect(submits).to.deep.equal(Array.from({ length: 20 }, (_, item) => `submit ${item}`))
    for (let item = 0; item < 18; item++) {
      const found = calls.indexOf(`found ${item}`)
      expect(calls.indexOf(`submit ${item + 1}`), `submit ${item + 1}`).to.be.below(found)
      expect(calls.indexOf(`submit ${item + 2}`), `submit ${item + 2}`).to.be.above(found)
    }
  })

  it('has no more items under way than it may, by number and by bytes', async () => {
    await run(countTo(10))
    expect(mostUnderWay).to.equal(5)
    mostUnderWay = 0
    await run(countTo(10), { weigh: () => 40 })
    expect(mostUnderWay).to.equal(2)
    mostUnderWay = 0
    await run(countTo(4), { weigh: () => 1000 })
    expect(mostUnderWay, 'an item that is too large for others beside it').to.equal(1)
    expect(outcomes).to.have.length(24)
  })

  describe('with batches', () => {
    let batches: number[][]
    const batching: Partial<typeof stages> = {
      ahead: 1,
      batches: { sizeOf: () => 4, keyOf: item => (item >= 10 ? 'two digits' : 'one digit') },
      async submit(items) {
        batches.push(items)
        return async () => items.map(item => 10 * item)
      },
    }
    beforeEach(() => {
      batches = []
    })

    it('puts photos of one key that follow each other together, whichever is read first', async () => {
      await run(countTo(16), batching, { items: 8 })
      expect(batches.map(items => items.join())).to.deep.equal([
        '0,1,2,3',
        '4,5,6,7',
        '8,9',
        '10,11,12,13',
        '14,15',
      ])
      expect(outcomes).to.deep.equal(Array.from({ length: 16 }, (_, item) => ({ result: 11 * item })))
    })

    it('a batch does not wait for photos that cannot come before it has run', async () => {
      await run(countTo(6), { ...batching, weigh: () => 50 })
      expect(batches.flat()).to.deep.equal([0, 1, 2, 3, 4, 5])
      expect(Math.max(...batches.map(({ length }) => length)), 'for lack of memory').to.equal(2)

      batches = []
      const read = async (item: number) => {
        if (item > 0) throw new Error('no photo')
        return item
      }
      await run(countTo(9), { ...batching, read }, { items: 4 })
      expect(batches, 'all places are those of photos that failed').to.deep.equal([[0]])
    })
  })

  for (const stage of ['read', 'submit', 'write'] as const)
    it(`an item that fails to ${stage} has its error, and the others have results`, async () => {
      const failing = (async (item: number | number[], ...rest: number[]) => {
        if ([item].flat()[0] === 3) throw new Error(`cannot ${stage}`)
        return (stages[stage] as (...args: unknown[]) => unknown)(item, ...rest)
      }) as never
      await run(countTo(8), { [stage]: failing })
      expect(outcomes[3]).to.have.property('error').with.property('message', `cannot ${stage}`)
      expect(outcomes.filter(outcome => 'result' in outcome)).to.have.length(7)
    })

  it('settles an item whose outcome is known in its turn, without work', async () => {
    await run(countTo(6), { known: item => (item % 2 === 1 ? { result: -item } : undefined) })
    expect(outcomes).to.deep.equal([0, -1, 22, -3, 44, -5].map(result => ({ result })))
    expect(calls).to.not.include('submit 1')
  })

  it('what `settle` throws ends the run, when nothing is under way any more', async () => {
    let asked = 0
    async function* items() {
      for (; ; asked++) yield asked
    }
    let written = 0
    const error = await rejection(
      run(items(), {
        async write(...args) {
          const result = await stages.write(...args)
          written++
          return result
        },
        async settle(item, outcome) {
          if (item === 2) throw new Error('no disk')
          await stages.settle(item, outcome)
        },
      }),
    )
    expect(error.message).to.equal('no disk')
    expect(outcomes).to.have.length(2)
    const before = written
    await sleep(50)
    expect(written).to.equal(before)
    expect(asked).to.be.below(12)
  })

  it('after the signal nothing more is submitted, even if the next item never comes', async () => {
    const controller = new AbortController()
    async function* items() {
      yield* countTo(4)
      await new Promise(() => {})
    }
    const running = run(items(), {}, { signal: controller.signal })
    while (outcomes.length < 4) await sleep(1)
    controller.abort(new Error('enough'))
    await running
    expect(outcomes).to.have.length(4)

    outcomes = []
    const second = new AbortController()
    const error = await rejection(
      run(
        countTo(1000),
        {
          async settle(item, outcome) {
            if ('error' in outcome) throw outcome.error
            await stages.settle(item, outcome)
            if (item === 3) second.abort(new Error('enough'))
          },
        },
        { signal: second.signal },
      ),
    )
    expect(error.message).to.equal('enough')
    expect(outcomes.length, 'those on the GPU are finished').to.be.within(4, 7)
    expect(calls.filter(call => call.startsWith('submit')).length - 4).to.equal(outcomes.length)
  })

  it('an input that fails ends the run, and what is under way is settled first', async () => {
    async function* items() {
      yield* countTo(3)
      throw new Error('no list')
    }
    expect((await rejection(run(items()))).message).to.equal('no list')
    expect(outcomes).to.have.length(3)
  })
})
