import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { type DownloadOptions, download } from '../../src/node/downloads/download.ts'
import { PartTakenError } from '../../src/node/downloads/download_part.ts'
import { skip } from '../support/skip.ts'
import { sendAndBreak, sendRange, startServer, type TestServer } from './server.ts'

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3)
const sha256 = createHash('sha256').update(content).digest('hex')

describe('download', () => {
  let folder: string
  let server: TestServer | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atrous-download-'))
  })
  afterEach(() => {
    server?.close()
    rmSync(folder, { recursive: true })
  })

  const serve = async (...handler: Parameters<typeof startServer>) => {
    server = await startServer(...handler)
    return server
  }
  const file = () => join(folder, 'deep', 'weights.bin')
  const fetchIt = (options: Partial<DownloadOptions> = {}) =>
    download({ url: `${server!.url}/weights.bin`, file: file(), limits: { backoffMs: [10, 10] }, ...options })
  const refusal = async (downloading: Promise<void>) => {
    const error = await downloading.then(
      () => new Error('the download did not fail'),
      (error: Error) => error,
    )
    expect(error).to.be.instanceOf(UserError)
    expect(error.message).not.to.match(/\n|undefined/)
    return error.message
  }
  const expectWholeFile = () => {
    expect(readFileSync(file()).equals(content)).to.equal(true)
    expect(readdirSync(join(folder, 'deep'))).to.deep.equal(['weights.bin'])
  }

  it('fetches a file, reports progress and leaves no other files', async () => {
    await serve((request, response) => sendRange(request, response, content, '"1"'))
    const received: number[] = []
    await fetchIt({
      sha256,
      bytes: content.length,
      onProgress: ({ receivedBytes, totalBytes }) => {
        received.push(receivedBytes)
        expect(totalBytes).to.equal(content.length)
      },
    })
    expectWholeFile()
    expect(received[0]).to.equal(0)
    expect(received.at(-1)).to.equal(content.length)
    expect(received).to.deep.equal(received.toSorted((a, b) => a - b))
  })

  it('resumes after a broken connection', async () => {
    const { requests } = await serve((request, response, count) => {
      response.setHeader('ETag', '"1"')
      if (count === 1) sendAndBreak(response, content, 100_000)
      else sendRange(request, response, content, '"1"')
    })
    await fetchIt({ sha256 })
    expectWholeFile()
    expect(requests).to.have.length(2)
    expect(requests[1]).to.deep.include({ range: 'bytes=100000-', 'if-range': '"1"' })
  })

  it('resumes the part of an earlier run, and starts over if the file has changed since', async () => {
    const { requests } = await serve((request, response) => sendRange(request, response, content, '"2"'))
    const parts = join(folder, 'weights.bin')
    for (const [version, bytes] of [
      ['"2"', content.subarray(0, 1000)],
      ['"1"', content.subarray(5, 1000)],
    ] as const) {
      writeFileSync(`${parts}.part`, bytes)
      writeFileSync(`${parts}.part.version`, version)
      await fetchIt({ file: parts })
      expect(readFileSync(parts).equals(content)).to.equal(true)
      expect(requests.at(-1)!['if-range']).to.equal(version)
    }
  })

  it('starts over if the record of the version is damaged', async () => {
    const { requests } = await serve((request, response) => sendRange(request, response, content, '"1"'))
    mkdirSync(join(folder, 'deep'))
    writeFileSync(`${file()}.0123abcd.part`, content.subarray(0, 1000))
    writeFileSync(`${file()}.0123abcd.part.version`, '"\u0000\n\u1234"')
    await fetchIt()
    expectWholeFile()
    expect(requests[0]).not.to.have.property('range')
  })

  it('starts over if nothing ensures that the rest fits', async () => {
    const { requests } = await serve((_request, response, count) => {
      if (count === 1) sendAndBreak(response, content, 100_000)
      else response.end(content)
    })
    await fetchIt()
    expectWholeFile()
    expect(requests[1]).not.to.have.property('range')
  })

  it('starts over with a server that ignores ranges', async () => {
    const { requests } = await serve((_request, response, count) => {
      if (count === 1) sendAndBreak(response, content, 100_000)
      else response.end(content)
    })
    await fetchIt({ sha256 })
    expectWholeFile()
    expect(requests[1].range).to.equal('bytes=100000-')
  })

  it('finishes a part that is complete already', async () => {
    await serve((request, response) => sendRange(request, response, content, '"1"'))
    const whole = join(folder, 'weights.bin')
    writeFileSync(`${whole}.part`, content)
    await fetchIt({ file: whole, sha256 })
    expect(readFileSync(whole).equals(content)).to.equal(true)
  })

  it('starts over if the part is longer than the file', async () => {
    await serve((request, response) => sendRange(request, response, content, '"1"'))
    const longer = join(folder, 'weights.bin')
    writeFileSync(`${longer}.part`, Buffer.concat([content, content]))
    await fetchIt({ file: longer, sha256 })
    expect(readFileSync(longer).equals(content)).to.equal(true)
  })

  it('keeps its part while the server is busy', async () => {
    const { requests } = await serve((request, response, count) => {
      response.setHeader('ETag', '"1"')
      if (count === 1) sendAndBreak(response, content, 100_000)
      else if (count === 2) response.writeHead(503).end()
      else sendRange(request, response, content, '"1"')
    })
    await fetchIt()
    expectWholeFile()
    expect(requests.map(({ range }) => range)).to.deep.equal([undefined, 'bytes=100000-', 'bytes=100000-'])
  })

  it('starts over if the server sends another range', async () => {
    const { requests } = await serve((_request, response, count) => {
      response.setHeader('ETag', '"1"')
      if (count === 1) sendAndBreak(response, content, 100_000)
      else if (count === 2) response.writeHead(206, { 'Content-Range': 'bytes 7-8/300000' }).end('no')
      else response.end(content)
    })
    await fetchIt()
    expectWholeFile()
    expect(requests[2]).not.to.have.property('range')
  })

  it('refuses wrong bytes by their hash or size, and removes them', async () => {
    await serve((_request, response) => response.end('<html>Moved</html>'))
    expect(await refusal(fetchIt({ sha256 }))).to.match(
      /not the expected file: its SHA-256 is [0-9a-f]{64}, not/,
    )
    expect(await refusal(fetchIt({ bytes: 3 }))).to.match(/18 bytes came instead of 3/)
    expect(readdirSync(join(folder, 'deep'))).to.deep.equal([])
  })

  it('accepts the first digits of the hash', async () => {
    await serve((_request, response) => response.end(content))
    await fetchIt({ sha256: sha256.slice(0, 8) })
    expectWholeFile()
  })

  it('removes a file that its caller rejects', async () => {
    await serve((_request, response) => response.end(content))
    const check = async (part: string) => {
      expect(readFileSync(part)).to.have.length(content.length)
      throw new UserError('no checkpoint')
    }
    expect(await refusal(fetchIt({ check }))).to.equal('no checkpoint')
    expect(readdirSync(join(folder, 'deep'))).to.deep.equal([])
  })

  it('reports an error in the address at once', async () => {
    await serve((_request, response) => response.writeHead(404).end())
    expect(await refusal(fetchIt())).to.equal(`${server!.url}/weights.bin: not found (HTTP 404)`)
    expect(await refusal(fetchIt({ url: 'nonsense' }))).to.match(/^nonsense: .*not a URL/)
    server!.close()
    expect(await refusal(fetchIt())).to.match(/cannot reach the server: the connection was refused/)
    const unknown = await refusal(fetchIt({ url: 'http://atrous.invalid/weights.bin' }))
    expect(unknown).to.match(/cannot reach the server: (no such host|its name does not resolve)/)
  })

  it('reports that the disk refuses', async () => {
    await serve((_request, response) => response.end(content))
    writeFileSync(join(folder, 'file'), '')
    expect(await refusal(fetchIt({ file: join(folder, 'file', 'weights.bin') }))).to.match(
      /weights\.bin: part of this path is a file, not a folder$/,
    )
  })

  it('reports that the disk is full, and resumes later (Linux only)', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    await serve((request, response) => sendRange(request, response, content, '"1"'))
    const limit = (soft: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:`])
    limit(100_000)
    try {
      expect(await refusal(fetchIt())).to.equal(`${file()}: the file is larger than the system allows`)
    } finally {
      limit('unlimited')
    }
    await fetchIt()
    expectWholeFile()
    expect(server!.requests[1].range).to.equal('bytes=100000-')
  })

  it('protects its part from a process that was only suspended and writes on', async () => {
    await serve((request, response) => sendRange(request, response, content, '"1"'))
    mkdirSync(join(folder, 'deep'))
    const part = `${file()}.0123abcd.part`
    const suspended = openSync(part, 'a')
    writeSync(suspended, content.subarray(0, 1000))
    writeFileSync(`${part}.version`, '"1"')
    await fetchIt()
    writeSync(suspended, 'what would have ruined the file')
    closeSync(suspended)
    expectWholeFile()
    expect(server!.requests[0].range).to.equal('bytes=1000-')
  })

  it('reports that another process took over its part, and does not disturb that process', async () => {
    await serve((_request, response) => response.end(content))
    const takeOver = async () => {
      for (const name of readdirSync(join(folder, 'deep'))) rmSync(join(folder, 'deep', name))
      writeFileSync(file(), 'theirs')
    }
    const error = await fetchIt({ check: takeOver }).catch(error => error)
    expect(error).to.be.instanceOf(PartTakenError)
    expect(readFileSync(file(), 'utf8')).to.equal('theirs')
  })

  it('ends with the reason of its signal, and resumes later', async () => {
    await serve((request, response, count) => {
      response.setHeader('ETag', '"1"')
      if (count === 1) response.writeHead(200).write(content.subarray(0, 5000))
      else sendRange(request, response, content, '"1"')
    })
    const controller = new AbortController()
    const onProgress = ({ receivedBytes }: { receivedBytes: number }) => {
      if (receivedBytes > 0) controller.abort(new Error('enough'))
    }
    const error = await fetchIt({ signal: controller.signal, onProgress }).catch(error => error)
    expect(error.message).to.equal('enough')
    await fetchIt()
    expectWholeFile()
    expect(server!.requests[1].range).to.equal('bytes=5000-')
    expect(
      (await fetchIt({ signal: AbortSignal.abort(new Error('before')) }).catch(e => e)).message,
    ).to.equal('before')
  })
})
