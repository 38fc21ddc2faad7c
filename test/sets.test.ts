// `npm test` runs the quick tests and `npm run test:full` the others, those with (slow) in their titles. Each test is in one of them.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { globSync } from 'tinyglobby'
import { useTemporaryFolder } from './node/support.ts'
import { loadSuites } from './support/kernel_suites.ts'

const root = new URL('../', import.meta.url)
const textOf = (file: string) => readFileSync(new URL(file, root), 'utf8')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf('package.json'))

describe('the quick and the full tests', () => {
  it('are complements: one command, once with the filter inverted', () => {
    expect(scripts['test:full']).to.match(/^mocha .* --fgrep "\(slow\)"$/)
    expect(scripts.test).to.equal('npm run check && npm run --silent test:full -- --invert')
  })

  it('take every file of tests but those of browsers', () => {
    const [, files, ignored] = /"([^"]+)" --ignore "([^"]+)"/.exec(scripts['test:full'])!
    const cwd = fileURLToPath(root)
    const all = globSync('test/**/*.test.*', { cwd, ignore: 'test/web/**' }).sort()
    expect(all).to.have.length.above(200)
    expect(globSync(files, { cwd, ignore: ignored }).sort()).to.deep.equal(all)
  })

  it('both run in CI, once each', () => {
    const lines = textOf('.ci/run').split('\n')
    for (const line of ['npm test', 'npm run test:full'])
      expect(lines.filter(each => each === line)).to.have.length(1)
  })

  it('have small cases of every kernel among the quick ones', async () => {
    for (const { shader, cases } of await loadSuites())
      expect(cases.filter(({ bench }) => !bench).length, shader).to.be.above(0)
  })

  it('skip nothing without a reason', () => {
    const ignore = ['test/web/**', 'test/support/skip.ts']
    const files = globSync('test/**/*.ts', { cwd: fileURLToPath(root), ignore })
    const bare = files.filter(file => /\b(this|context)\.skip\(\)/.test(textOf(file)))
    expect(bare, 'skip() of test/support/skip.ts takes the reason').to.deep.equal([])
  })
})

describe('the summary of a run', () => {
  const path = useTemporaryFolder()

  it('names the slowest tests, and what was skipped and left out, and why', async () => {
    const skip = JSON.stringify(new URL('support/skip.ts', import.meta.url).href)
    await writeFile(
      path('some.test.ts'),
      `import { skip } from ${skip}
      for (let i = 0; i < 12; i++) it('number ' + i, done => setTimeout(done, i === 7 ? 50 : 1))
      it('without a cat', function () { skip(this, 'there is no cat') })
      describe('with a dog', () => {
        before(function () { skip(this, 'there is no dog') })
        it('barks', () => {})
        it('bites', () => {})
      })
      it('all of them (slow)', () => { throw new Error('it ran') })`,
    )
    const mocha = fileURLToPath(new URL('node_modules/mocha/bin/mocha.js', root))
    const reporter = fileURLToPath(new URL('support/summary.cjs', import.meta.url))
    const args = ['--no-config', '--no-package', '--node-option', 'import=tsx', '--parallel', '--jobs', '2']
    const filter = ['--reporter', reporter, '--fgrep', '(slow)', '--invert', path('some.test.ts')]
    const printed = execFileSync(process.execPath, [mocha, ...args, ...filter], {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
    })
    const [, slowest, skipped] = printed.split(/The slowest tests, in seconds:\n|Skipped tests:\n/)
    const lines = slowest.trimEnd().split('\n')
    expect(lines).to.have.length(10)
    for (const each of lines) expect(each).to.match(/^ +\d+\.\d {2}\S/)
    const seconds = lines.map(Number.parseFloat)
    expect(seconds).to.deep.equal(seconds.toSorted((a, b) => b - a))
    // On a busy machine another one may be slower still.
    expect(slowest).to.include('number 7\n')
    expect(skipped).to.match(/^ +1 {2}there is no cat\n +2 {2}there is no dog\n/)
    expect(skipped).to.include('Tests called (slow) were left out: npm run test:full runs them.')
  })
})
