// What a page in a browser may ask of a server: requests as browsers send them for pages of other sites.

import { request } from 'node:http'
import { expect } from 'chai'
import { isLocal, Pages } from '../../src/server/access.ts'
import type { RequestError } from '../../src/server/request.ts'
import { useServer } from './support.ts'

interface Asked {
  bound?: string
  method?: string
  hosts?: string[]
  origins?: string[]
}

/** The status with which a server on an address answers, 200 if it takes the request. */
function statusOf(
  headers: Parameters<Pages['check']>[1],
  { bound = '127.0.0.1', method = 'GET', ...names }: Asked = {},
): number {
  const pages = new Pages(names)
  pages.bind(bound)
  try {
    pages.check(method, headers)
    return 200
  } catch (error) {
    return (error as RequestError).status
  }
}

describe('the header Host', () => {
  const cases: [host: string, bound: string, status: number][] = [
    ['127.0.0.1:8000', '127.0.0.1', 200],
    ['localhost:9000', '127.0.0.1', 200], // a tunnel has another port
    ['[::1]:8000', 'localhost', 200],
    ['LOCALHOST.', '127.0.0.1', 200],
    ['evil.example:8000', '127.0.0.1', 403],
    ['localhost.evil.example', '127.0.0.1', 403],
    ['127.0.0.1.evil.example', '127.0.0.1', 403],
    ['192.168.1.5:8000', '127.0.0.1', 403],
    ['localhost/x', '127.0.0.1', 403],
    ['evil.example@localhost', '127.0.0.1', 403],
    ['', '127.0.0.1', 403],
    ['192.168.1.5:8000', '192.168.1.5', 200],
    ['192.168.1.6:8000', '192.168.1.5', 403],
    ['192.168.1.5:8000', '0.0.0.0', 200],
    ['[fe80::1]:8000', '::', 200],
    ['localhost:8000', '0.0.0.0', 200],
    ['evil.example', '0.0.0.0', 403],
    ['gpu-box:8000', 'gpu-box', 200],
  ]
  for (const [host, bound, status] of cases)
    it(`${JSON.stringify(host)} of a server on ${bound} gets ${status}`, () => {
      expect(statusOf({ host }, { bound })).to.equal(status)
    })

  it('may be a name that is allowed, and one below a name with a dot', () => {
    const hosts = { hosts: ['Masks.example', '.cluster.local'] }
    for (const host of ['masks.example', 'masks.example:80', 'a.b.cluster.local', 'cluster.local'])
      expect(statusOf({ host }, hosts), host).to.equal(200)
    for (const host of ['a.masks.example', 'evilcluster.local', 'example'])
      expect(statusOf({ host }, hosts), host).to.equal(403)
  })

  it('may be absent, as in HTTP 1.0', () => {
    expect(statusOf({})).to.equal(200)
  })
})

describe('a page', () => {
  const host = 'localhost:8000'

  it('of the server itself may use it', () => {
    expect(statusOf({ host, origin: 'http://localhost:8000', 'sec-fetch-site': 'same-origin' })).to.equal(200)
    expect(statusOf({ host, 'sec-fetch-site': 'none' })).to.equal(200)
  })

  for (const headers of [
    { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:3000' },
    { origin: 'null' },
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
  ])
    it(`with ${JSON.stringify(headers)} may not`, () => {
      expect(statusOf({ host, ...headers })).to.equal(403)
    })

  it('of an origin that is allowed may, and reads the answer', () => {
    const origins = ['http://localhost:3000']
    const headers = { host, origin: origins[0], 'sec-fetch-site': 'same-site' }
    expect(statusOf(headers, { origins })).to.equal(200)
    expect(statusOf({ ...headers, origin: 'http://localhost:3001' }, { origins })).to.equal(403)
    const pages = new Pages({ origins })
    expect(pages.headersFor(origins[0])).to.include({ 'access-control-allow-origin': origins[0] })
    expect(pages.headersFor('http://localhost:3001')).to.deep.equal({ vary: 'Origin' })
    expect(new Pages({}).headersFor(origins[0])).to.deep.equal({})
  })

  it('sends no form', () => {
    const method = 'POST'
    for (const type of [
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      ' Text/Plain',
    ])
      expect(statusOf({ host, 'content-type': type }, { method }), type).to.equal(415)
    for (const type of ['application/json', 'application/octet-stream', 'image/png'])
      expect(statusOf({ host, 'content-type': type }, { method }), type).to.equal(200)
  })
})

describe('an address', () => {
  it('is local or not', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost'])
      expect(isLocal(host), host).to.equal(true)
    for (const host of ['0.0.0.0', '::', '192.168.1.5', '127.evil.example', '128.0.0.1', 'gpu-box'])
      expect(isLocal(host), host).to.equal(false)
  })
})

describe('a server with allowed origins', () => {
  const origin = 'http://localhost:3000'
  const running = useServer({ allowOrigins: [origin] })

  const ask = (method: string, path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
      const sent = request(running.url + path, { method, headers }, answer => {
        answer.resume()
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers }))
      })
      sent.on('error', reject).end()
    })

  it('answers the question whether a page may send a request', async () => {
    const wish = { origin, 'access-control-request-method': 'POST' }
    const path = '/v2/models/scenes/infer'
    const { status, headers } = await ask('OPTIONS', path, wish)
    expect(status).to.equal(204)
    expect(headers).to.include({ 'access-control-allow-origin': origin, vary: 'Origin' })
    expect(headers['access-control-allow-headers']).to.include('Content-Type')
    expect((await ask('OPTIONS', path, { ...wish, origin: 'http://localhost:3001' })).status).to.equal(403)
  })

  it('lets no other page unload a model', async () => {
    const path = '/v2/repository/models/scenes/unload'
    for (const headers of [
      { origin: 'http://localhost:3001' },
      { host: 'evil.example' },
      { 'content-type': 'text/plain' },
    ])
      expect((await ask('POST', path, headers as never)).status).to.be.oneOf([403, 415])
    expect((await ask('GET', '/v2/models/scenes/ready', {})).status).to.equal(200)
  })

  it('lets its page read errors, too', async () => {
    const { status, headers } = await ask('GET', '/v2/models/none', { origin })
    expect(status).to.equal(404)
    expect(headers).to.include({ 'access-control-allow-origin': origin })
  })
})
