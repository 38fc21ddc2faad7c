// Files in the cache are as downloaded, or are downloaded again.

import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { UnreachableError } from '../../src/library/downloads.ts'
import { ensureFile } from '../../src/node/downloads/cached_file.ts'
import type { DownloadOptions } from '../../src/node/downloads/download.ts'
import { tryLock } from '../../src/node/files/lock.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { rejects } from '../support/rejects.ts'
import { startServer, type TestServer } from './server.ts'

const content = 'the weights'
const sha256 = createHash('sha256').update(content).digest('hex')

describe('a file in the cache', () => {
  const path = useTemporaryFolder()
  const file = () => path('cache/net.bin')
  const record = () => `${file()}.verified.json`
  let server: TestServer
  let warnings: string[]
  beforeEach(async () => {
    warnings = []
    server = await startServer((_request, response) => response.end(content))
  })
  afterEach(() => server.close())

  const ensure = (options: Partial<DownloadOptions> = {}) =>
    ensureFile({
      url: `${server.url}/net.bin`,
      file: file(),
      limits: { backoffMs: [] },
      onWarning: message => warnings.push(message),
      ...options,
    })

  async function expectGood({ requests }: { requests: number }) {
    expect(await readFile(file(), 'utf8')).to.equal(content)
    expect(server.requests).to.have.length(requests)
    expect(await readdir(path('cache'))).to.have.members(['net.bin', 'net.bin.verified.json'])
    const { bytes, sha256: recorded } = JSON.parse(await readFile(record(), 'utf8'))
    expect({ bytes, recorded }).to.deep.equal({ bytes: content.length, recorded: sha256 })
  }

  /** Writes to the file, as another process might. */
  const damage = () => writeFile(file(), 'the weightZ')

  it('is downloaded once', async () => {
    await ensure()
    await ensure()
    await ensure({ sha256 })
    await expectGood({ requests: 1 })
    expect(warnings).to.deep.equal([])
  })

  it('is downloaded again, with a warning, if it has changed', async () => {
    await ensure()
    await damage()
    await ensure()
    await expectGood({ requests: 2 })
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.match(
      /net\.bin: damaged: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}; it is downloaded again$/,
    )
  })

  it('is downloaded again if it differs from the registry', async () => {
    await mkdir(path('cache'))
    await damage() // by an older version of this package, which kept no record
    await ensure({ sha256: sha256.slice(0, 8) })
    await expectGood({ requests: 1 })
  })

  it('is refused if it is damaged and there is no network; nothing is removed', async () => {
    await ensure()
    await damage()
    server.close()
    for (let round = 0; round < 2; round++)
      expect((await rejects(UnreachableError, () => ensure())).message).to.match(
        /net\.bin: was damaged, and cannot be downloaded again: .*: the connection was refused$/,
      )
    expect(await readFile(file(), 'utf8')).to.equal('the weightZ')
  })

  it('is hashed again, but not downloaded, if only its time has changed', async () => {
    await ensure()
    await utimes(file(), 1e9, 1e9)
    await ensure()
    await expectGood({ requests: 1 })
    expect(JSON.parse(await readFile(record(), 'utf8')).modified).to.equal(1e12)
  })

  it('from an older version, without a record, is checked like a new one, and recorded', async () => {
    await mkdir(path('cache'))
    await writeFile(file(), content)
    const checked: string[] = []
    const check = async (found: string) => void checked.push(found)
    await ensure({ check })
    await ensure({ check })
    expect(checked).to.deep.equal([file()])
    await expectGood({ requests: 0 })
    await rm(record())
    const refuse = async (found: string) => {
      if (found === file()) throw new UserError('net.bin: no checkpoint')
    }
    await ensure({ check: refuse })
    await expectGood({ requests: 1 })
    expect(warnings.join()).to.match(/damaged: net\.bin: no checkpoint; it is downloaded again/)
  })

  it('with an invalid record counts as without a record', async () => {
    await ensure()
    for (const text of ['', '{"sha256":"x"}', '[]', '\u0000']) {
      await writeFile(record(), text)
      await ensure()
      await expectGood({ requests: 1 })
    }
  })

  it('cannot be a folder', async () => {
    await mkdir(file(), { recursive: true })
    expect((await rejects(UserError, () => ensure())).message).to.equal(`${file()}: is a folder, not a file`)
  })

  it('can be in a folder that is not writable', async () => {
    await ensure()
    await utimes(file(), 1e9, 1e9)
    await rm(record())
    await chmod(path('cache'), 0o555) // does not stop root, so this test shows less for root
    try {
      await ensure({ sha256 })
    } finally {
      await chmod(path('cache'), 0o755)
    }
    expect(server.requests).to.have.length(1)
  })

  it('is not renamed into place without its record', async () => {
    await ensure({
      check: async part => {
        expect(part).to.match(/\.part$/)
        expect(await stat(record()).catch(() => 'none')).to.equal('none')
      },
    })
    await expectGood({ requests: 1 })
  })

  it('is waited for while another process downloads it, until the signal', async () => {
    const found = await tryLock(`${file()}.lock`)
    if (!('lock' in found)) throw new Error('the lock is held')
    const controller = new AbortController()
    const waiting = ensure({ signal: controller.signal })
    await setTimeout(300)
    expect(server.requests).to.have.length(0)
    controller.abort(new Error('enough'))
    expect((await rejects(Error, () => waiting)).message).to.equal('enough')
    await found.lock.release()
    await ensure()
    await expectGood({ requests: 1 })
  })

  it('is downloaded once for five callers in one process', async () => {
    await Promise.all(Array.from({ length: 5 }, () => ensure()))
    await expectGood({ requests: 1 })
  })
})
