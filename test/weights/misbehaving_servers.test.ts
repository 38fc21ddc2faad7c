// Faults of servers: each must end the download with one clear line, in limited time, memory and disk space.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { pullCommand } from '../../src/cli/weights/weights_pull.ts'
import { UserError } from '../../src/errors.ts'
import { UnreachableError } from '../../src/library/downloads.ts'
import { DOWNLOAD_LIMITS, type DownloadOptions, download } from '../../src/node/downloads/download.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { rejects } from '../support/rejects.ts'
import { sendRange, startServer, startSocketServer } from './server.ts'

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) >> 3)
const sha256 = createHash('sha256').update(content).digest('hex')

/** One attempt. */
const ONCE = { backoffMs: [] }
/** One attempt and two more, without delay. */
const THRICE = { backoffMs: [1, 1] }

describe('a download from a server that', () => {
  const path = useTemporaryFolder()
  const file = () => path('weights.bin')
  const servers: { close: () => void }[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function serve(...handler: Parameters<typeof startServer>) {
    const server = await startServer(...handler)
    servers.push(server)
    return server
  }

  async function serveSockets(...handler: Parameters<typeof startSocketServer>) {
    const server = await startSocketServer(...handler)
    servers.push(server)
    return server
  }

  const fetchFrom = (url: string, options: Partial<DownloadOptions> = {}) =>
    download({ url: `${url}/weights.bin`, file: file(), limits: ONCE, ...options })

  async function refusal(downloading: Promise<void>, type: typeof UserError = UserError): Promise<string> {
    const { message } = await rejects(type, () => downloading)
    expect(message).not.to.match(/\n|undefined/)
    expect(existsSync(file()), 'a file with the final name').to.equal(false)
    return message
  }

  /** Writes for ever, as fast as the client and the interval allow. */
  function writeForEver(response: ServerResponse, chunk: string | Uint8Array, intervalMs: number) {
    const timer = setInterval(() => response.write(chunk), intervalMs)
    response.on('close', () => clearInterval(timer))
  }

  it('never answers', async () => {
    const { url } = await serveSockets(() => {})
    const limits = { ...ONCE, answerMs: 300 }
    expect(await refusal(fetchFrom(url, { limits }), UnreachableError)).to.match(
      /accepts the connection, but does not answer/,
    )
  })

  it('sends its headers for ever', async () => {
    const { url } = await serveSockets(socket => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('X-More: 1\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const limits = { ...ONCE, answerMs: 300, totalMs: 1000 }
    expect(await refusal(fetchFrom(url, { limits }))).to.match(/does not answer|too slowly|overflow/i)
  })

  it('announces its answer for ever', async () => {
    const { url } = await serveSockets(socket => {
      const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
    })
    expect(await refusal(fetchFrom(url, { limits: { ...ONCE, answerMs: 300, totalMs: 1000 } }))).to.match(
      /does not answer|too slowly/,
    )
  })

  it('sends headers and some bytes, and stalls: the part is resumed', async () => {
    const { url, requests } = await serve((request, response, count) => {
      response.setHeader('ETag', '"1"')
      if (count > 1) return sendRange(request, response, content, '"1"')
      response.setHeader('Content-Length', content.length)
      response.write(content.subarray(0, 1000))
    })
    const limits = { ...ONCE, stallMs: 300 }
    expect(await refusal(fetchFrom(url, { limits }), UnreachableError)).to.match(
      /it stopped sending; a new try resumes/,
    )
    await fetchFrom(url)
    expect(requests[1].range).to.equal('bytes=1000-')
    expect((await readFile(file())).equals(content)).to.equal(true)
  })

  it('sends single bytes for ever', async () => {
    const { url } = await serve((_request, response) => writeForEver(response, 'x', 20))
    const limits = { ...ONCE, totalMs: 500 }
    expect(await refusal(fetchFrom(url, { limits }), UnreachableError)).to.match(
      /the server sends too slowly/,
    )
  })

  describe('sends nothing, stalls, or sends a byte a second', () => {
    const { connectMs, answerMs, stallMs, totalMs, bytesPerSecond, backoffMs } = DOWNLOAD_LIMITS

    it('ends within three minutes, as `atrous weights pull --help` says', () => {
      const waits = backoffMs.reduce((a, b) => a + b)
      for (const each of [connectMs, answerMs, stallMs])
        expect((backoffMs.length + 1) * each + waits).to.be.at.most(totalMs)
      const help = pullCommand().configureHelp({ helpWidth: 200 })
      let text = ''
      help.configureOutput({ writeOut: line => (text += line) }).outputHelp()
      expect(text.replaceAll('\n', ' ')).to.include(
        `may take ${['no', 'one', 'two', 'three'][totalMs / 60_000]} minutes, and a second more for each ${bytesPerSecond} bytes`,
      )
      expect(text.replaceAll('\n', ' ')).to.include(
        `tried ${['one', 'two', 'three', 'four', 'five'][backoffMs.length]} times`,
      )
    })

    /** A minute is 120 ms. */
    const SCALE = 500
    const limits: typeof DOWNLOAD_LIMITS = {
      connectMs: connectMs / SCALE,
      answerMs: answerMs / SCALE,
      stallMs: stallMs / SCALE,
      totalMs: totalMs / SCALE,
      bytesPerSecond: bytesPerSecond * SCALE,
      backoffMs: backoffMs.map(wait => wait / SCALE),
    }
    const bad: Record<string, (response: ServerResponse) => void> = {
      'sends nothing': () => {},
      stalls: response => response.write('some bytes'),
      'sends a byte a second': response => writeForEver(response, 'x', 1000 / SCALE),
    }
    for (const [what, act] of Object.entries(bad))
      it(`${what}: it ends by these limits, in as many tries at most`, async () => {
        const { url, requests } = await serve((_request, response) => act(response))
        expect(await refusal(fetchFrom(url, { limits }), UnreachableError)).to.match(
          /does not answer|stopped sending|sends too slowly/,
        )
        expect(requests.length).to.be.within(1, backoffMs.length + 1)
      })
  })

  it('is slow, but fast enough', async () => {
    const { url } = await serve((_request, response) => {
      let sent = 0
      const timer = setInterval(() => {
        if (sent === content.length) response.end()
        else response.write(content.subarray(sent, sent + 10_000))
        sent = Math.min(sent + 10_000, content.length)
      }, 150)
      response.on('close', () => clearInterval(timer))
    })
    await fetchFrom(url, { sha256, limits: { ...ONCE, totalMs: 1000, bytesPerSecond: 10_000 } })
    expect((await readFile(file())).equals(content)).to.equal(true)
  })

  it('sends without end', async () => {
    const chunk = new Uint8Array(50_000)
    const { url, requests } = await serve((_request, response) => writeForEver(response, chunk, 1))
    const message = await refusal(fetchFrom(url, { maxBytes: 1e6, limits: THRICE }))
    expect(message).to.match(/too large: more bytes, over the limit of 1000000/)
    expect(await refusal(fetchFrom(url, { bytes: 1e6 }))).to.match(/more bytes came instead of 1000000/)
    expect(requests).to.have.length(2)
    expect(readdirSync(path('.'))).to.deep.equal([])
  })

  it('announces more bytes than a file may have', async () => {
    const { url, requests } = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Length': 5e12 }).write('x')
    })
    expect(await refusal(fetchFrom(url, { limits: THRICE }))).to.match(
      /too large: 5000000000000 bytes, over the limit of 2147483647/,
    )
    expect(requests).to.have.length(1)
  })

  it('announces more bytes than it sends', async () => {
    const { url, count } = await serveSockets(socket => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this')
    })
    expect(await refusal(fetchFrom(url, { limits: THRICE }))).to.match(/the connection broke again and again/)
    expect(count()).to.equal(3)
  })

  it('announces fewer bytes than it sends', async () => {
    const { url } = await serveSockets(socket => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmore than four')
    })
    await rejects(UserError, () => fetchFrom(url, { sha256 }))
    expect(readdirSync(path('.')).filter(name => !name.includes('part'))).to.deep.equal([])
  })

  it('cuts the file off without a length', async () => {
    const { url } = await serveSockets(socket => {
      socket.end(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'), content.subarray(7)]),
      )
    })
    expect(await refusal(fetchFrom(url, { sha256 }))).to.match(/not the expected file: its SHA-256 is/)
  })

  it('closes the connection while its bytes wait to be read', async () => {
    const whole = Buffer.alloc(2e6, content)
    const { url } = await serveSockets(socket => {
      socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'), whole]))
    })
    // Undici 7 ends the process here, about once in ten downloads.
    for (let round = 0; round < 30; round++) {
      await fetchFrom(url)
      expect((await readFile(file())).equals(whole)).to.equal(true)
      await rm(file())
    }
  })

  it('speaks another protocol', async () => {
    const { url, port, count } = await serveSockets(socket => socket.end('220 mail.example.org ESMTP\r\n'))
    const limits = THRICE
    expect(await refusal(fetchFrom(url, { limits }))).to.match(/weights\.bin: /)
    expect(await refusal(fetchFrom(`https://127.0.0.1:${port}`, { limits }))).to.match(
      /does not speak TLS|connection broke/,
    )
    expect(count()).to.be.at.most(4)
  })

  it('redirects in a circle, too often, to a file, to nothing', async () => {
    const targets: Record<string, string> = {
      '/circle/weights.bin': '/circle/2',
      '/circle/2': '/circle/weights.bin',
      '/file/weights.bin': 'file:///etc/passwd',
      '/data/weights.bin': 'data:,hello',
      '/nonsense/weights.bin': 'http://[',
    }
    const { url, requests } = await serve((request, response) => {
      const location = targets[request.url!] ?? `/often/${requests.length}`
      response.writeHead(302, { location }).end()
    })
    const limits = THRICE
    const from = (name: string) => refusal(fetchFrom(`${url}/${name}`, { limits }))
    expect(await from('circle')).to.match(/the server redirects in a circle$/)
    expect(requests).to.have.length(2)
    expect(await from('file')).to.match(/the server redirects to a file: URL$/)
    expect(await from('data')).to.match(/the server redirects to a data: URL$/)
    expect(await from('nonsense')).to.match(/the server redirects to what is not a URL$/)
    expect(requests).to.have.length(5)
    expect(await from('often')).to.match(/the server redirects in a circle$/)
    expect(requests.length).to.be.at.most(17)
  })

  it('refuses: there is no new try', async () => {
    const { url, requests } = await serve((request, response) => {
      response.writeHead(Number(request.url!.split('/')[1])).end('no')
    })
    const limits = THRICE
    for (const [status, cause] of [
      [401, 'access denied'],
      [403, 'access denied'],
      [404, 'not found'],
      [410, 'no longer there'],
      [416, 'the server refused'],
      [204, 'the server refused'],
    ] as const)
      expect(await refusal(fetchFrom(`${url}/${status}`, { limits }))).to.equal(
        `${url}/${status}/weights.bin: ${cause} (HTTP ${status})`,
      )
    expect(requests).to.have.length(6)
  })

  it('fails again and again: the tries are limited', async () => {
    const { url, requests } = await serve((_request, response) => response.writeHead(503).end())
    expect(await refusal(fetchFrom(url, { limits: THRICE }))).to.match(/HTTP 503/)
    expect(requests).to.have.length(3)
  })

  it('changes the file in the middle', async () => {
    const { url, requests } = await serve((request, response, count) => {
      if (count > 1) return sendRange(request, response, content, '"2"')
      response.setHeader('ETag', '"1"').setHeader('Content-Length', content.length)
      response.write(new Uint8Array(1000), () => setTimeout(() => response.destroy(), 300))
    })
    await fetchFrom(url, { limits: THRICE })
    expect(requests[1]['if-range']).to.equal('"1"')
    expect((await readFile(file())).equals(content)).to.equal(true)
  })

  describe('encodes a file that was requested without encoding', () => {
    const encoded = {
      gzip: gzipSync(content),
      deflate: deflateSync(content),
      br: brotliCompressSync(content),
    }

    it('with gzip, deflate or brotli', async () => {
      const { url } = await serve((request, response) => {
        const name = request.url!.split('/')[1] as keyof typeof encoded
        response.writeHead(200, { 'Content-Encoding': name, ETag: '"1"' }).end(encoded[name])
      })
      for (const name of Object.keys(encoded)) {
        await fetchFrom(`${url}/${name}`, { sha256, bytes: content.length })
        expect((await readFile(file())).equals(content), name).to.equal(true)
      }
    })

    it('and breaks off: no range of the encoded bytes is requested', async () => {
      const stored = gzipSync(content, { level: 0 })
      const { url, requests } = await serve((_request, response, count) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip', ETag: '"1"', 'Content-Length': stored.length })
        if (count > 1) response.end(stored)
        else response.write(stored.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 300))
      })
      await fetchFrom(url, { limits: THRICE })
      expect(requests[1]).not.to.have.property('range')
      expect((await readFile(file())).equals(content)).to.equal(true)
    })

    it('so that it decodes to far more', async () => {
      const bomb = gzipSync(new Uint8Array(20e6))
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb)
      })
      expect(await refusal(fetchFrom(url, { maxBytes: 1e6 }))).to.match(/too large: more bytes/)
      expect(readdirSync(path('.'))).to.deep.equal([])
    })

    it('so that it decodes to a hundred times as much, although so large a file may be', async () => {
      const bomb = gzipSync(new Uint8Array(20e6))
      let sent = 0
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' })
        for (; sent < 50; sent++) response.write(bomb)
        response.end()
      })
      expect(await refusal(fetchFrom(url, { limits: THRICE }))).to.match(
        /too large: decoded, it is 100 times what was sent$/,
      )
      expect(sent).to.equal(50)
      expect(readdirSync(path('.'))).to.deep.equal([])
      const zeros = gzipSync(new Uint8Array(1e6))
      const { url: small } = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(zeros)
      })
      await fetchFrom(small, { bytes: 1e6 })
    })

    it('so that it decodes to nothing, for ever', async () => {
      const nothing = gzipSync('')
      const members = Buffer.concat(Array.from({ length: 1000 }, () => nothing))
      const { url } = await serve((_request, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' })
        writeForEver(response, members, 1)
      })
      expect(await refusal(fetchFrom(url, { maxBytes: 1e6 }))).to.match(/more than 1000000 bytes came/)
    })

    it('wrongly, or with an unknown encoding', async () => {
      const { url } = await serve((request, response) => {
        response.writeHead(200, { 'Content-Encoding': request.url!.split('/')[1] }).end(content)
      })
      expect(await refusal(fetchFrom(`${url}/gzip`))).to.match(/weights\.bin: incorrect header check/)
      expect(await refusal(fetchFrom(`${url}/rot13`))).to.match(/the server encodes the file as rot13/)
      expect(await refusal(fetchFrom(`${url}/gzip,gzip,gzip`))).to.match(/as gzip, gzip, gzip/)
    })
  })
})
