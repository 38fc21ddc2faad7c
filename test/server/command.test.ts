// `atrous serve` as a process.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { atrous, startAtrous } from '../cli/support.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { scenePart } from './support.ts'

describe('atrous serve', () => {
  const path = useTemporaryFolder()

  it('listens, answers what it has taken after SIGTERM, and ends with exit code 0', async () => {
    const photo = new Uint8Array(await scenePart(80, 120))
    const { child, ended } = startAtrous([
      'serve',
      '--port',
      '0',
      '--model',
      'scenes',
      '--batch-delay',
      '300',
    ])
    const logs: Record<string, unknown>[] = []
    const lines = createInterface(child.stderr).on('line', line => {
      if (line.startsWith('{')) logs.push(JSON.parse(line))
    })
    const logged = async (message: RegExp) => {
      for (;;) {
        const found = logs.find(({ msg }) => message.test(String(msg)))
        if (found) return found
        await once(lines, 'line')
      }
    }
    const [url] = /http:\S+/.exec(String((await logged(/^Server listening at/)).msg))!
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await logged(/^ready$/)).to.deep.include({ models: ['scenes'] })
    const ask = () => {
      const asked = {
        answer: fetch(`${url}/segment?size=65&output=json`, { method: 'POST', body: photo }),
        isAnswered: false,
      }
      void asked.answer.then(() => {
        asked.isAnswered = true
      })
      return asked
    }
    const isTaken = async () =>
      (await (await fetch(`${url}/metrics`)).text()).includes('\natrous_queue_photos 1\n')
    let asked = ask()
    // A busy machine may look when the answer is there already.
    while (!(await isTaken())) if (asked.isAnswered) asked = ask()
    child.kill('SIGTERM')
    const { model, width } = await (await asked.answer).json()
    expect({ model, width }).to.deep.equal({ model: 'scenes', width: 65 })
    expect((await ended).code).to.equal(0)
    expect((await ended).stdout).to.equal('')
    const { status, route, stages } = logs.find(({ route }) => route === '/segment')!
    expect({ status, route }).to.deep.equal({ status: 200, route: '/segment' })
    expect(stages).to.have.keys('decode', 'wait', 'gpu', 'encode')
  })

  const refusals: [wrong: string, args: () => string[], message: RegExp][] = [
    [
      'a port',
      () => ['--port', '70000'],
      /option '--port <n>' argument '70000' is invalid\. Expected a port/,
    ],
    ['a model', () => ['--port', '0', '--model', path('none')], /^error: .*none: no such/],
    ['a name', () => ['--port', '0', '--model', 'a b=scenes'], /^error: model: expected a name of letters/],
    ['one name twice', () => ['--model', 'scenes', '--model', 'a/scenes'], /two models have the name scenes/],
    ['a folder', () => ['--port', '0', '--models', path('none')], /^error: .*none: /],
    [
      'a host',
      () => ['--host', '192.0.2.1', '--token', 'secret', '--model', 'scenes'],
      /^error: --host 192\.0\.2\.1 --port 8000: .*EADDRNOTAVAIL/,
    ],
    [
      'a host that others reach, without a token',
      () => ['--host', '0.0.0.0', '--port', '0', '--model', 'scenes'],
      /^error: host 0\.0\.0\.0: .* give a token \(--token, ATROUS_TOKEN\) or allow that \(--insecure\)\n$/,
    ],
    [
      'an origin with a path',
      () => ['--allow-origin', 'https://example.com/a', '--model', 'scenes'],
      /^error: allowOrigins: expected an origin, such as https:\/\/example\.com, got /,
    ],
    ['a log level', () => ['--log-level', 'loud'], /Allowed choices are silent, error/],
  ]
  for (const [wrong, args, message] of refusals)
    it(`refuses ${wrong} in one line`, async () => {
      const { code, stderr } = await atrous('serve', '--log-level', 'silent', ...args())
      expect(stderr)
        .to.match(message)
        .and.match(/^[^\n]+\n$/)
      expect(code).to.equal(1)
    })

  it('refuses a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { code, stderr } = await atrous('serve', '--log-level', 'error', '--port', String(port))
    other.close()
    expect(stderr).to.equal(
      `error: --host 127.0.0.1 --port ${port}: the port is taken; give another, or 0 for any that is free\n`,
    )
    expect(code).to.equal(1)
  })
})
