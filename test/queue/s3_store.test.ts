// Photos and results in S3, against a server that checks signatures.

import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import { expect } from 'chai'
import { BadJobError } from '../../src/queue/job.ts'
import { openS3Store } from '../../src/queue/s3_store.ts'
import { rejection } from '../node/support.ts'
import { useEnvironment } from '../support/environment.ts'

const { signal } = new AbortController()
const bytes = new Uint8Array([1, 2, 3])
const directory = join(tmpdir(), `atrous-s3-${process.pid}`)

describe('objects of S3', () => {
  let server: S3rver
  let endpoint: string
  let store: ReturnType<typeof openS3Store>
  const setEnvironment = useEnvironment()
  before(async () => {
    const buckets = [{ name: 'photos' }]
    server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets: buckets })
    endpoint = `http://127.0.0.1:${(await server.run()).port}`
  })
  after(async () => {
    await server.close()
    await rm(directory, { recursive: true, force: true })
  })
  beforeEach(() => {
    setEnvironment({
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
      ...{ AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_SESSION_TOKEN: undefined },
      AWS_MAX_ATTEMPTS: '1',
    })
    store = openS3Store()
  })
  afterEach(() => store.close())

  it('are written and read, by keys of any characters', async () => {
    for (const key of ['a.png', 'folder/a.png', 'ä b%20c+d?e#f.png']) {
      await store.write(`s3://photos/${key}`, bytes, signal)
      expect([...(await store.read(`s3://photos/${key}`, signal))]).to.deep.equal([1, 2, 3])
    }
  })

  it('that are not there fail for good, in one line', async () => {
    for (const [place, name] of [
      ['s3://photos/none.png', 'NoSuchKey'],
      ['s3://nowhere/none.png', 'NoSuchBucket'],
    ]) {
      const error = await rejection(store.read(place, signal))
      expect(error).to.be.instanceOf(BadJobError)
      expect(error.message).to.match(new RegExp(`^${place}: ${name}: [^\n]+$`))
    }
    expect(await rejection(store.write('s3://nowhere/a.png', bytes, signal))).to.be.instanceOf(BadJobError)
  })

  it('need a bucket and a key', async () => {
    for (const place of ['s3://photos', 's3://photos/', 's3:///key', 's3://BUCKET/key'])
      expect((await rejection(store.read(place, signal))).message).to.equal(
        `${place}: expected s3://bucket/key`,
      )
  })

  it('may be tried again with other credentials: a wrong signature is refused', async () => {
    setEnvironment({ AWS_SECRET_ACCESS_KEY: 'wrong' })
    const error = await rejection(store.read('s3://photos/a.png', signal))
    expect(error).to.not.be.instanceOf(BadJobError)
    expect(error.message).to.match(/^s3:\/\/photos\/a\.png: SignatureDoesNotMatch: /)
  })

  it('may be tried again where the server is away', async () => {
    setEnvironment({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
    const error = await rejection(store.read('s3://photos/a.png', signal))
    expect(error).to.not.be.instanceOf(BadJobError)
    expect(error.message).to.match(/ECONNREFUSED/)
  })

  it('end with the signal', async () => {
    const aborted = AbortSignal.abort(new Error('late'))
    const error = await rejection(store.read('s3://photos/a.png', aborted))
    expect(error).to.not.be.instanceOf(BadJobError)
  })
})
