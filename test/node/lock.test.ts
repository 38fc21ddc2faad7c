import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { expect } from 'chai'
import { tryLock } from '../../src/node/files/lock.ts'
import { useTemporaryFolder } from './support.ts'

describe('lock', () => {
  const path = useTemporaryFolder()
  const file = () => path('run/lock')

  async function take() {
    const found = await tryLock(file())
    if (!('lock' in found)) throw new Error(`held by ${found.holder.pid}`)
    return found.lock
  }

  async function writeLock(holder: { pid: number; host: string }, ageInSeconds = 0) {
    const lock = await take()
    await lock.release()
    await writeFile(file(), JSON.stringify({ ...holder, token: 'theirs' }))
    const time = new Date(Date.now() - ageInSeconds * 1000)
    await utimes(file(), time, time)
  }

  it('has one holder at a time, even in one process, and leaves no file', async () => {
    const lock = await take()
    expect(await tryLock(file())).to.deep.equal({ holder: { pid: process.pid, host: hostname() } })
    await lock.release()
    expect(existsSync(file())).to.equal(false)
    await (await take()).release()
  })

  it('goes to one of ten concurrent callers', async () => {
    const found = await Promise.all(Array.from({ length: 10 }, () => tryLock(file())))
    const locks = found.flatMap(each => ('lock' in each ? each.lock : []))
    expect(locks).to.have.length(1)
    await locks[0].release()
  })

  it('is held by a living process, and free after a crash', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    await writeLock({ pid: child.pid!, host: hostname() })
    expect(await tryLock(file())).to.deep.equal({ holder: { pid: child.pid, host: hostname() } })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await take()).release()
  })

  it('goes to one of ten callers that find a stale lock', async () => {
    await writeLock({ pid: 2 ** 30, host: hostname() })
    const found = await Promise.all(Array.from({ length: 10 }, () => tryLock(file())))
    const locks = found.flatMap(each => ('lock' in each ? each.lock : []))
    expect(locks).to.have.length(1)
    await locks[0].release()
  })

  it('of another machine is free after a minute without a refresh', async () => {
    await writeLock({ pid: 1, host: 'elsewhere' }, 50)
    expect(await tryLock(file())).to.deep.equal({ holder: { pid: 1, host: 'elsewhere' } })
    const time = new Date(Date.now() - 61_000)
    await utimes(file(), time, time)
    await (await take()).release()
  })

  it('of an earlier process with this process number is free', async () => {
    await writeLock({ pid: process.pid, host: hostname() })
    await (await take()).release()
  })

  it('is not removed if another process has taken it', async () => {
    const lock = await take()
    expect(await lock.isHeld()).to.equal(true)
    await writeFile(file(), JSON.stringify({ pid: 1, host: 'elsewhere', token: 'theirs' }))
    expect(await lock.isHeld()).to.equal(false)
    await lock.release()
    expect(await readFile(file(), 'utf8')).to.include('theirs')
  })
})
