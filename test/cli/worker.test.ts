// `atrous worker` as a process, with the producer of examples/.

import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import sharp from 'sharp'
import { useTemporaryFolder } from '../node/support.ts'
import { blocksPhoto } from '../node/tiny_model.ts'
import { needsRedis, type RedisServer, startRedis } from '../queue/redis_server.ts'
import { atrous, startAtrous } from './support.ts'

const PRODUCER = fileURLToPath(new URL('../../examples/producer.mjs', import.meta.url))

describe('atrous worker', () => {
  const path = useTemporaryFolder()
  let server: RedisServer
  before(needsRedis)
  before(async () => {
    server = await startRedis()
  })
  after(() => server?.remove())

  it('does what the producer of examples/ asks for, as atrous segment does, and ends on SIGTERM', async () => {
    await mkdir(path('root'))
    const { data, width, height } = blocksPhoto(65, 65)
    await sharp(data, { raw: { width, height, channels: 4 } })
      .png()
      .toFile(path('root/photo.png'))
    const places = ['--redis', server.url, '--queue', 'segment', '--root', path('root'), '--model', 'scenes']
    const { child, ended } = startAtrous(['worker', ...places, '--json'])
    const env = { ...process.env, ATROUS_REDIS: server.url }
    const { stdout } = await promisify(execFile)('node', [PRODUCER, 'photo.png', 'masks/photo'], { env })
    expect(stdout).to.match(/mask: 'masks\/photo\.mask\.png'/)
    child.kill('SIGTERM')
    const { code, stdout: lines, stderr } = await ended
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: 'queue segment: ready for jobs\n' })
    expect(JSON.parse(lines)).to.deep.include({ job: '1', input: 'photo.png', width: 65, height: 65 })
    await atrous('segment', path('root/photo.png'), '--model', 'scenes', '--out', path('direct'))
    for (const kind of ['mask', 'overlay'])
      expect(await readFile(path(`root/masks/photo.${kind}.png`))).to.deep.equal(
        await readFile(path(`direct/photo.${kind}.png`)),
      )
  })
})

describe('atrous worker: bad input', () => {
  for (const [title, args, message] of [
    ['no queue', [], /^error: required option '--queue <name>' not specified\n/],
    [
      'no folder',
      ['--queue', 'a', '--root', '/none/such'],
      /^error: \/none\/such: no such file or folder\n$/,
    ],
    [
      'a URL of something else',
      ['--queue', 'a', '--redis', 'http://u:secret@h'],
      /^error: --redis http:\/\/h\/: expected/,
    ],
    ['no seconds', ['--queue', 'a', '--timeout', '0'], /^error: .*Expected a whole number above 0\.\n/],
    [
      'too many seconds',
      ['--queue', 'a', '--timeout', '86401'],
      /^error: .*Expected at most 86400 seconds\.\n/,
    ],
  ] as [string, string[], RegExp][])
    it(`${title} is one line`, async () => {
      const { code, stdout, stderr } = await atrous('worker', ...args)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.match(message)
    })
})
