import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { useTemporaryFolder } from '../node/support.ts'
import { skip } from '../support/skip.ts'
import { spawnAtrous, WITHOUT_DRIVERS } from './support.ts'

describe('Dawn’s warnings about limits of software adapters', () => {
  before(function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
  })
  const path = useTemporaryFolder()

  /** A command that opens the GPU and prints a line. */
  const args = ['tune', '--forget']

  it('do not appear in a pipe, but other output does', async () => {
    const through = ['sh', '-c', '"$@" 2>&1 >/dev/null | cat', 'sh']
    const env = { ATROUS_CACHE: path('cache') }
    expect((await spawnAtrous(args, { through, env })).stdout).to.equal('')
    const failed = await spawnAtrous(args, { through, env: { ...env, ...WITHOUT_DRIVERS } })
    expect(failed.stdout).to.match(/error: no GPU adapter: `atrous doctor` says what to install\n$/)
  })

  it('do not appear in a file that is appended to, which keeps what is in it', async () => {
    const file = path('log')
    const through = [
      'sh',
      '-c',
      'file=$1; shift; { echo before >&2; "$@" >/dev/null; echo after >&2; } 2>>"$file"',
      'sh',
      file,
    ]
    await spawnAtrous(args, { through, env: { ATROUS_CACHE: path('cache'), ...WITHOUT_DRIVERS } })
    expect(readFileSync(file, 'utf8')).to.match(/^before\n[\s\S]*error: no GPU adapter: [^\n]*\nafter\n$/)
    await spawnAtrous(args, { through, env: { ATROUS_CACHE: path('cache') } })
    expect(readFileSync(file, 'utf8')).to.match(/^before\n[\s\S]*error: [^\n]*\nafter\nbefore\nafter\n$/)
  })

  it('do not appear in a file that is written from its start, whose other lines stay in their order, also with --quiet', async () => {
    const file = path('started')
    const script = (out: string) =>
      `file=$1; shift; { echo before >&2; "$@" ${out}; echo after >&2; } 2>"$file"`
    const env = { ATROUS_CACHE: path('cache') }
    const lines = () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map(line => line.trim())
        .filter(Boolean)
    for (const command of [args, [...args, '--quiet']]) {
      await spawnAtrous(command, { through: ['sh', '-c', script('>/dev/null'), 'sh', file], env })
      expect(lines()).to.deep.equal(['before', 'after'])
    }
    await spawnAtrous(args, { through: ['sh', '-c', script('>&2'), 'sh', file], env })
    expect(lines()).to.have.length(3)
    expect(lines()[1]).to.match(/^0 convolutions forgotten/)
    await spawnAtrous(args, {
      through: ['sh', '-c', script('>/dev/null'), 'sh', file],
      env: { ...env, ...WITHOUT_DRIVERS },
    })
    expect(lines().at(-2)).to.match(/^error: no GPU adapter/)
  })

  it('do not appear in a terminal', async function () {
    const terminal = spawnSync('script', ['-qec', 'true', '/dev/null'])
    if (terminal.status !== 0) skip(this, 'there is no command script, or no pseudo-terminal')
    const through = ['sh', '-c', 'script -qec "$(printf "%s " "$@")" /dev/null', 'sh']
    const { stdout } = await spawnAtrous(args, { through, env: { ATROUS_CACHE: path('cache') } })
    expect(stdout.trim()).to.match(/^0 convolutions forgotten: [^\n]*$/)
  })
})
