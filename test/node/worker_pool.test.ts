import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { WorkerPool } from '../../src/node/worker_pool.ts'
import { rejection } from './support.ts'

const MODULE = new URL('./dying_worker.ts', import.meta.url)

describe('WorkerPool', () => {
  let pool: WorkerPool<string, string>
  const open = (count: number) => {
    pool = new WorkerPool(MODULE, count)
  }
  afterEach(() => pool.close())

  it('gives each job its own result', async () => {
    open(2)
    expect(await Promise.all(['a', 'b', 'c'].map(job => pool.run(job)))).to.deep.equal(['a', 'b', 'c'])
  })

  const deaths = { exit: 'a worker thread ended with exit code 0', 'throw later': 'thrown later' }
  for (const [job, message] of Object.entries(deaths)) {
    it(`fails all present and later jobs if one of its threads dies: ${job}`, async () => {
      open(2)
      const waiting = rejection(pool.run('wait'))
      const dying = rejection(pool.run(job))
      expect((await dying).message).to.equal(message)
      expect((await waiting).message).to.equal(message)
      expect((await rejection(pool.run('a'))).message).to.equal(message)
    })
  }

  // Node 20 ends the whole process if a thread is terminated at the wrong time.
  it('ends threads that make streams of zlib, and not the process', async () => {
    const script = fileURLToPath(new URL('./close_pools.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script])
    expect(stdout).to.equal('all closed\n')
  })

  it('rejects unfinished jobs when it is closed', async () => {
    open(1)
    const waiting = rejection(pool.run('wait'))
    await pool.close()
    expect((await waiting).message).to.equal('the workers were ended')
    expect((await rejection(pool.run('a'))).message).to.equal('the workers were ended')
  })
})
