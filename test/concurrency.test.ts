import { expect } from 'chai'
import { Mutex, Semaphore, WaitGroup } from '../src/concurrency.ts'

describe('a semaphore', () => {
  it('gives in order, and what is given back goes to the next', async () => {
    const semaphore = new Semaphore(10)
    const order: string[] = []
    const take = (name: string, amount: number) =>
      semaphore.take(amount).then(free => {
        order.push(name)
        return free
      })
    const first = await take('first', 6)
    const large = take('large', 10)
    const small = take('small', 1) // would fit, but waits its turn
    await Promise.resolve()
    expect(order).to.deep.equal(['first'])
    first()
    first() // does nothing
    const free = await large
    expect(order).to.deep.equal(['first', 'large'])
    free()
    await small
    expect(order).to.deep.equal(['first', 'large', 'small'])
  })

  it('refuses a wish above it, and forgets a wish that is given up', async () => {
    const semaphore = new Semaphore(10)
    expect(await semaphore.take(11).catch(error => error)).to.be.instanceOf(RangeError)
    const all = await semaphore.take(10)
    const gone = new AbortController()
    const wish = semaphore.take(10, gone.signal).catch(error => error)
    const next = semaphore.take(4)
    gone.abort(new Error('gone'))
    expect((await wish).message).to.equal('gone')
    all()
    ;(await next)()
    ;(await semaphore.take(10))()
  })

  it('gives at once what is there, but nothing before those that wait', async () => {
    const semaphore = new Semaphore(3)
    const free = semaphore.tryTake(2)!
    expect(semaphore.taken).to.equal(2)
    expect(semaphore.tryTake(2)).to.equal(undefined)
    const waiting = semaphore.take(2)
    expect(semaphore.tryTake(1)).to.equal(undefined)
    free()
    ;(await waiting)()
    expect(semaphore.taken).to.equal(0)
  })
})

describe('a mutex', () => {
  it('runs one piece of work at a time, in order, also after one that fails', async () => {
    const mutex = new Mutex()
    const order: string[] = []
    const work = (name: string) =>
      mutex.run(async () => {
        order.push(`${name} begins`)
        await Promise.resolve()
        order.push(`${name} ends`)
        if (name === 'a') throw new Error('failed')
        return name
      })
    const [a, b] = await Promise.allSettled([work('a'), work('b')])
    expect(order).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends'])
    expect(a.status).to.equal('rejected')
    expect(b).to.deep.equal({ status: 'fulfilled', value: 'b' })
  })
})

describe('a wait group', () => {
  it('is idle for all who wait when the last one has left', async () => {
    const group = new WaitGroup()
    await group.idle()
    const leave = [group.enter(), group.enter()]
    let idle = 0
    const waits = [1, 2].map(() => group.idle().then(() => idle++))
    leave[0]()
    await Promise.resolve()
    expect(idle).to.equal(0)
    leave[1]()
    await Promise.all(waits)
    expect(idle).to.equal(2)
  })
})
