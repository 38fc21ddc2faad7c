// Tests the privacy and security of downloads: credentials, tokens, proxies, certificates, and messages.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { shownUrl, UnreachableError } from '../../src/library/downloads.ts'
import { type DownloadOptions, download } from '../../src/node/downloads/download.ts'
import { proxyFor } from '../../src/node/downloads/proxy.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { useEnvironment } from '../support/environment.ts'
import { rejects } from '../support/rejects.ts'
import { skip } from '../support/skip.ts'
import { startPuller } from './pullers.ts'
import { startServer, startSocketServer, type TestServer } from './server.ts'

const content = Buffer.from('weights')
const sha256 = createHash('sha256').update(content).digest('hex')

const NO_PROXIES = Object.fromEntries(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap(name => [
    [name, undefined],
    [name.toLowerCase(), undefined],
  ]),
)

describe('a download over HTTP', () => {
  const path = useTemporaryFolder()
  const setEnvironment = useEnvironment()
  const servers: { close: () => void }[] = []
  beforeEach(() => setEnvironment(NO_PROXIES))
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function serve(...handler: Parameters<typeof startServer>): Promise<TestServer> {
    const server = await startServer(...handler)
    servers.push(server)
    return server
  }

  /** Downloads; returns the warnings. */
  async function fetchFrom(url: string, options: Partial<DownloadOptions> = {}): Promise<string[]> {
    const warnings: string[] = []
    const onWarning = (message: string) => warnings.push(message)
    const limits = { backoffMs: [] }
    await download({ url, file: path('weights.bin'), limits, onWarning, ...options })
    expect(readFileSync(path('weights.bin')).equals(content)).to.equal(true)
    return warnings
  }

  const refusal = async (url: string, type: typeof UserError = UserError) =>
    (await rejects(type, () => fetchFrom(url))).message

  describe('with credentials', () => {
    const withSecrets = (url: string) =>
      `${url.replace('://', '://user:p%40ss:word@')}?X-Amz-Signature=topsecret#topsecret`

    it('sends those in the URL as basic authentication, and to no other server', async () => {
      const storage = await serve((_request, response) => response.end(content))
      const { url, requests } = await serve((request, response) => {
        const isFirst = request.url!.startsWith('/first')
        const location = isFirst ? '/second' : `${storage.url.replace('://', '://a:b@')}/weights.bin`
        response.writeHead(302, { location }).end()
      })
      await fetchFrom(withSecrets(`${url}/first`))
      const basic = `Basic ${Buffer.from('user:p@ss:word').toString('base64')}`
      expect(requests.map(({ authorization }) => authorization)).to.deep.equal([basic, basic])
      expect(storage.requests[0]).not.to.have.property('authorization')
    })

    it('sends a given header instead, only to the URL’s origin', async () => {
      const storage = await serve((_request, response) => response.end(content))
      const { url, requests } = await serve((_request, response) => {
        response.writeHead(307, { location: `${storage.url}/weights.bin` }).end()
      })
      await fetchFrom(`${url}/weights.bin`, { authorization: 'Bearer hf_token' })
      expect(requests[0].authorization).to.equal('Bearer hf_token')
      expect(storage.requests[0]).not.to.have.property('authorization')
    })

    it('shows none of them in a message', async () => {
      const { url, requests } = await serve((request, response) => {
        const status = Number(request.url!.slice(1, 4))
        if (status === 302) response.writeHead(302, { location: 'file:///secret' }).end()
        else response.writeHead(status).end(status === 200 ? 'wrong' : '')
      })
      const messages = [
        await refusal(withSecrets(`${url}/404`)),
        await refusal(withSecrets(`${url}/503`)),
        await refusal(withSecrets(`${url}/302`)),
        (await rejects(UserError, () => fetchFrom(withSecrets(`${url}/200`), { sha256 }))).message,
        (await rejects(UserError, () => fetchFrom(withSecrets(`${url}/200`), { maxBytes: 1 }))).message,
        await refusal(withSecrets('http://127.0.0.1:1/weights.bin')),
        await refusal(withSecrets('http://not a host/weights.bin')),
        await refusal(withSecrets('ftp://127.0.0.1/weights.bin')),
      ]
      expect(requests).to.have.length(5)
      for (const message of messages) expect(message).not.to.match(/secret|user|ss:word|%40/)
      expect(messages[0]).to.equal(`${url}/404?…#…: not found (HTTP 404)`)
    })

    it('hides them in text that is not a URL', () => {
      for (const text of ['https://user:se cret@', 'https://a:secret@b@c d/x', 'https://[/?token=secret'])
        expect(shownUrl(text), text).not.to.match(/secret|cret/)
      expect(shownUrl('https://\u001b[2J@x y')).not.to.include('\u001b')
    })
  })

  describe('that nothing verifies', () => {
    /** A server on this machine that acts as a proxy, so that names of other machines lead to it. */
    const serveAsProxy = async (...handler: Parameters<typeof startServer>) => {
      const server = await serve(...handler)
      setEnvironment({ HTTP_PROXY: server.url })
      return server
    }

    it('warns about plain http from another machine without an independently known hash', async () => {
      await serveAsProxy((_request, response) => {
        response.setHeader('X-Linked-ETag', `"${sha256}"`).end(content)
      })
      const url = 'http://weights.example/net.pth?key=secret'
      const warning =
        'http://weights.example/net.pth?…: came over plain http: neither TLS nor a known hash verifies the file'
      expect(await fetchFrom(url)).to.deep.equal([warning])
      // A hash of as few digits as in a registry can be forged.
      expect(await fetchFrom(url, { sha256: sha256.slice(0, 8) })).to.deep.equal([warning])
      expect(await fetchFrom(url, { sha256 })).to.deep.equal([])
    })

    it('warns if a redirect uses plain http', async () => {
      await serveAsProxy((_request, response) => response.end(content))
      const { url } = await serve((_request, response) => {
        response.writeHead(302, { location: 'http://weights.example/net.pth' }).end()
      })
      expect(await fetchFrom(`${url}/net.pth`)).to.have.length(1)
    })

    it('does not warn about this machine', async () => {
      const { url } = await serve((_request, response) => response.end(content))
      expect(await fetchFrom(`${url}/net.pth`)).to.deep.equal([])
    })
  })

  describe('through a proxy', () => {
    const target = 'http://weights.example:8080/net.pth?a=b'

    it('sends it complete http: URLs, with the proxy’s credentials', async () => {
      const seen: unknown[] = []
      const proxy = await serve((request, response) => {
        seen.push(request.url, request.headers.host, request.headers['proxy-authorization'])
        response.end(content)
      })
      setEnvironment({ http_proxy: proxy.url.replace('://', '://me:secret@') })
      await fetchFrom(target.replace('://', '://user:pass@'))
      const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
      expect(seen).to.deep.equal([target, 'weights.example:8080', basic('me:secret')])
      expect(proxy.requests[0].authorization).to.equal(basic('user:pass'))
    })

    it('is configured by the environment, in upper or lower case, with exceptions', () => {
      const hostFor = (url: string) => proxyFor(new URL(url))?.host
      setEnvironment({ HTTPS_PROXY: 'proxy:3128', HTTP_PROXY: 'http://other:80' })
      expect(hostFor('https://huggingface.co/x')).to.equal('proxy:3128')
      expect(hostFor('http://huggingface.co/x')).to.equal('other')
      expect(hostFor('http://127.0.0.1:8080/x')).to.equal(undefined)
      expect(hostFor('http://localhost/x')).to.equal(undefined)
      expect(hostFor('http://[::1]/x')).to.equal(undefined)
      setEnvironment({ NO_PROXY: 'example.org, .corp.example:8443 *.inner,10.0.0.1' })
      expect(hostFor('https://example.org/x')).to.equal(undefined)
      expect(hostFor('https://cdn.example.org/x')).to.equal(undefined)
      expect(hostFor('https://notexample.org/x')).to.equal('proxy:3128')
      expect(hostFor('https://a.corp.example/x')).to.equal('proxy:3128')
      expect(hostFor('https://a.corp.example:8443/x')).to.equal(undefined)
      expect(hostFor('http://b.inner/x')).to.equal(undefined)
      expect(hostFor('http://10.0.0.1/x')).to.equal(undefined)
      setEnvironment({ no_proxy: '*' })
      expect(hostFor('https://huggingface.co/x')).to.equal(undefined)
      setEnvironment({ no_proxy: undefined, https_proxy: '' })
      expect(hostFor('https://huggingface.co/x')).to.equal(undefined)
    })

    it('reports an invalid proxy', async () => {
      setEnvironment({ HTTP_PROXY: 'ftp://me:secret@proxy' })
      expect(await refusal(target)).to.equal(
        'HTTP_PROXY: expected the URL of a proxy, such as http://proxy:3128, got ftp://proxy/',
      )
      setEnvironment({ HTTP_PROXY: 'http://me:secret@127.0.0.1:1' })
      expect(await refusal(target, UnreachableError)).to.match(
        /cannot reach the server: the connection was refused \(HTTP_PROXY is set\)$/,
      )
      const { url } = await serve((_request, response) => response.writeHead(407).end())
      setEnvironment({ HTTP_PROXY: url, HTTPS_PROXY: url })
      expect(await refusal(target)).to.match(/HTTP 407/)
      expect(await refusal('https://weights.example/net.pth')).to.match(
        /no tunnel|proxy refused|connection broke/,
      )
    })

    it('gives up if the proxy never answers', async () => {
      const server = await startSocketServer(() => {})
      servers.push(server)
      setEnvironment({ HTTP_PROXY: server.url, HTTPS_PROXY: server.url })
      const limits = { connectMs: 300, answerMs: 300, backoffMs: [] }
      for (const url of [target, 'https://weights.example/net.pth']) {
        const { message } = await rejects(UnreachableError, () => fetchFrom(url, { limits }))
        expect(message).to.match(/does not answer/)
      }
    })
  })

  describe('over TLS', () => {
    /** A self-signed certificate made with openssl, for a name that only the proxy resolves. */
    function certificate(context: Mocha.Context): { key: Buffer; cert: Buffer; file: string } {
      const files = ['-keyout', path('key.pem'), '-out', path('cert.pem')]
      const name = ['-subj', '/CN=weights.example', '-addext', 'subjectAltName=DNS:weights.example']
      const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
      const args = ['req', '-x509', ...curve, '-nodes', '-days', '2', ...name, ...files]
      if (spawnSync('openssl', ['version']).status !== 0) skip(context, 'there is no openssl')
      execFileSync('openssl', args, { stdio: 'ignore' })
      return {
        key: readFileSync(path('key.pem')),
        cert: readFileSync(path('cert.pem')),
        file: path('cert.pem'),
      }
    }

    it('uses a tunnel through the proxy to a server with a trusted certificate, or reports the reason', async function () {
      const { file, ...tls } = certificate(this)
      const weights = readFileSync(fileURLToPath(new URL('golden/zip.pth', import.meta.url)))
      const site = createTlsServer(tls, (_request, response) => response.end(weights))
      await new Promise<void>(resolve => site.listen(0, '127.0.0.1', resolve))
      const proxy = await serve(() => {})
      const tunnels: (string | undefined)[] = []
      proxy.server.on('connect', ({ url }, socket) => {
        tunnels.push(url)
        const through = connect((site.address() as AddressInfo).port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        through
          .on('error', () => {})
          .pipe(socket)
          .pipe(through)
      })
      servers.push(site)
      const url = 'https://weights.example/net.pth'
      setEnvironment({ HTTPS_PROXY: proxy.url })
      const limits = { backoffMs: [1, 1] }
      const error = await rejects(UnreachableError, () => fetchFrom(url, { limits }))
      expect(error.message).to.match(
        /its certificate is not trusted \(.*self.signed.*\); NODE_EXTRA_CA_CERTS=FILE adds an authority/,
      )
      expect(tunnels).to.deep.equal(['weights.example:443'])
      const { child, pull } = await startPuller({ NODE_EXTRA_CA_CERTS: file })
      const answer = await pull({ url, cache: path('cache') })
      child.kill()
      const expected = createHash('sha256').update(weights).digest('hex')
      expect(answer).to.deep.equal({ sha256: expected, warnings: [] })
    })
  })
})
