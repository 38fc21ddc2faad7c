import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { fuzz } from './fuzz_process.ts'
import { loadTargets, problemOf, runRound } from './run_target.ts'

// A sample of `npm run fuzz`, which also detects hangs, crashes, output and memory.

const SEED = 20_001
const ROUNDS = 30

const targets = await loadTargets()

describe('damaged input', () => {
  it('a message that is not one clear line counts as a failure', () => {
    expect(problemOf(new UserError('photo.jpg: no such file or folder'))).to.equal(undefined)
    expect(problemOf(new TypeError('x is not a function'))).to.match(/^threw TypeError/)
    const unclear = ['', 'a\nb', '\u001b[31mred', 'got undefined', 'NaN pixels', 'x'.repeat(5000)]
    for (const message of unclear) expect(problemOf(new UserError(message)), message).to.be.a('string')
  })

  it('npm run fuzz detects output, exceptions, crashes and hangs, and continues after them', async () => {
    const options = { seed: 1, targets: 'misbehaving', hangMilliseconds: 600_000 }
    const report = await fuzz('misbehaving', { ...options, rounds: [0, 1, 2, 3, 4, 5] })
    expect(report).to.include({ read: 2, refused: 1 })
    expect(report.failures.map(({ round, problem }) => [round, problem.split('\n')[0]])).to.deep.equal([
      [2, 'printed "printed\\n"'],
      [3, 'threw TypeError: x is not a function'],
      [4, 'the process ended: exit code 3; it printed ""'],
    ])
    const { failures } = await fuzz('hanging', { ...options, hangMilliseconds: 1000, rounds: [7] })
    expect(failures).to.deep.equal([{ round: 7, problem: 'hung for 1 s' }])
  })

  for (const target of targets) {
    it(`${target.name}: ${ROUNDS} mutants are read or refused in one clear line`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'atrous-fuzz-'))
      try {
        const round = await target.prepare(folder)
        for (let number = 0; number < ROUNDS; number++) {
          const { problem } = await runRound(round, SEED, number)
          expect(problem, `seed ${SEED}, round ${number}`).to.equal(undefined)
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})
