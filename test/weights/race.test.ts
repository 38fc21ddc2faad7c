// Several processes download one file. ATROUS_RACES=40 runs 40 pairs of concurrent downloads.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat, utimes } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { writeSafetensors } from '../../src/weights/safetensors.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { skip } from '../support/skip.ts'
import { type Puller, startPuller } from './pullers.ts'
import { sendRange, startServer, type TestServer } from './server.ts'

const PAIRS = Number(process.env.ATROUS_RACES ?? 3)

const values = Float32Array.from({ length: 100_000 }, (_, i) => i)
const content = writeSafetensors(new Map([['weight', { dtype: 'f32', shape: [100_000], data: values }]]))
const sha256 = createHash('sha256').update(content).digest('hex')
const half = content.length >> 1

describe('processes that download one file', () => {
  const path = useTemporaryFolder()
  let pullers: Puller[]
  let server: TestServer
  before(async () => {
    pullers = await Promise.all([startPuller(), startPuller()])
  })
  after(() => {
    for (const { child } of pullers) child.kill('SIGKILL')
  })
  afterEach(() => server.close())

  const order = (name = 'net') => ({ url: `${server.url}/${name}.safetensors`, cache: path('cache') })

  /** The cache's folder for the only URL so far. */
  async function folderOf() {
    const [key] = await readdir(path('cache/urls'))
    return path(`cache/urls/${key}`)
  }

  async function expectOneFile(folder: string, name = 'net') {
    expect(await readdir(folder)).to.have.members([
      `${name}.safetensors`,
      `${name}.safetensors.verified.json`,
    ])
    expect((await readFile(join(folder, `${name}.safetensors`))).equals(content)).to.equal(true)
  }

  /** Sends the file in pieces, so that two downloads overlap. */
  async function sendSlowly(response: ServerResponse) {
    response.writeHead(200, { ETag: '"1"', 'Content-Length': content.length })
    for (let begin = 0; begin < content.length; begin += 50_000) {
      response.write(content.subarray(begin, begin + 50_000))
      await setTimeout(10)
    }
    response.end()
  }

  it(`pull it once, and all get the whole file (${PAIRS} pairs)`, async () => {
    server = await startServer((_request, response) => void sendSlowly(response))
    for (let i = 0; i < PAIRS; i++) {
      const answers = await Promise.all(pullers.map(({ pull }) => pull(order(`net${i}`))))
      for (const { sha256: found, error } of answers) expect({ found, error }).to.include({ found: sha256 })
      expect(server.requests, 'requests').to.have.length(i + 1)
    }
    for (const key of await readdir(path('cache/urls'))) {
      const folder = path(`cache/urls/${key}`)
      const [name] = await readdir(folder)
      await expectOneFile(folder, name.split('.')[0])
    }
  })

  /** Serves the first half, then calls `rest`. Later requests are served normally. */
  async function serveHalf(rest: (response: ServerResponse) => void) {
    server = await startServer((request, response, count) => {
      if (count > 1) return sendRange(request, response, content, '"1"')
      response.writeHead(200, { ETag: '"1"', 'Content-Length': content.length })
      response.write(content.subarray(0, half))
      rest(response)
    })
  }

  /** Waits until half of the file has arrived. Returns its path. */
  async function untilHalfIsThere(): Promise<string> {
    for (;;) {
      const folder = await folderOf().catch(() => path('.'))
      const part = (await readdir(folder)).find(name => name.endsWith('.part'))
      if (part && (await stat(join(folder, part))).size === half) return join(folder, 'net.safetensors')
      await setTimeout(20)
    }
  }

  it('are not disturbed by a process that was suspended for minutes', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no SIGSTOP')
    let finish = () => {}
    await serveHalf(response => {
      finish = () => response.end(content.subarray(half))
    })
    const [first, second] = pullers
    const suspended = first.pull(order())
    const file = await untilHalfIsThere()
    first.child.kill('SIGSTOP')
    const minutesAgo = new Date(Date.now() - 300_000)
    await utimes(`${file}.lock`, minutesAgo, minutesAgo)
    expect(await second.pull(order())).to.include({ sha256 })
    finish()
    first.child.kill('SIGCONT')
    expect(await suspended).to.include({ sha256 })
    expect(server.requests).to.have.length(2)
    await expectOneFile(await folderOf())
  })

  it('wait for the one that downloads; if it is killed, another one resumes', async () => {
    await serveHalf(() => {})
    const [first, second] = pullers
    void first.pull(order())
    await untilHalfIsThere()
    const waiting = second.pull(order())
    await once(second.child, 'message') // its warning that it waits
    first.child.kill('SIGKILL')
    const { sha256: found, error, warnings } = await waiting
    expect({ found, error }).to.include({ found: sha256 })
    expect(warnings.join()).to.match(new RegExp(`: process ${first.child.pid} is downloading it; waiting`))
    expect(server.requests[1].range).to.equal(`bytes=${half}-`)
    await expectOneFile(await folderOf())
  })
})
