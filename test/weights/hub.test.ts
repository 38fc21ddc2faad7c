// HF_ENDPOINT and HF_TOKEN: a mirror of Hugging Face, and access to repositories.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { repositoryFiles } from '../../src/library/downloads.ts'
import { hubAuthorization, hubUrl } from '../../src/node/downloads/hub.ts'
import { pullWeights } from '../../src/node/downloads/pull.ts'
import { findWeights } from '../../src/node/weights.ts'
import type { RegistryEntry } from '../../src/weights/registry.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { useEnvironment } from '../support/environment.ts'
import { rejects } from '../support/rejects.ts'
import { startServer, type TestServer } from './server.ts'

const pth = readFileSync(new URL('golden/zip.pth', import.meta.url))

describe("Hugging Face's hub", () => {
  const path = useTemporaryFolder()
  const setEnvironment = useEnvironment()
  let mirror: TestServer
  let storage: TestServer
  const paths: string[] = []
  before(async () => {
    storage = await startServer((_request, response) => response.end(pth))
    mirror = await startServer((request, response) => {
      paths.push(request.url!)
      if (request.url!.includes('gated')) response.writeHead(401).end()
      else if (request.url!.endsWith('config.json')) response.end('{}')
      else response.writeHead(302, { location: `${storage.url}/blob.bin` }).end()
    })
  })
  after(() => {
    mirror.close()
    storage.close()
  })
  beforeEach(() => {
    setEnvironment({ HF_ENDPOINT: `${mirror.url}/hub/`, HF_TOKEN: 'hf_secret\n' })
    paths.length = 0
    mirror.requests.length = storage.requests.length = 0
  })

  it('is replaced by its mirror, for URLs and for names; only the mirror gets the token', async () => {
    const entry: RegistryEntry = {
      ...{ name: 'net', description: '', classes: 2, megabytes: 0, licence: 'MIT' },
      source: 'https://huggingface.co/owner/net',
      files: [
        { name: 'net.pth', url: 'https://huggingface.co/owner/net/net.pth', bytes: null, sha256: null },
      ],
    }
    const options = { cache: path('cache'), registry: [entry] }
    await findWeights('https://huggingface.co/owner/net', options)
    await pullWeights('owner/net', options)
    const folder = '/hub/owner/net/resolve/main'
    expect(paths).to.deep.equal([
      `${folder}/config.json`,
      `${folder}/preprocessor_config.json`,
      `${folder}/model.safetensors`,
      '/hub/owner/net/net.pth',
    ])
    for (const { authorization } of mirror.requests) expect(authorization).to.equal('Bearer hf_secret')
    for (const request of storage.requests) expect(request).not.to.have.property('authorization')
    expect(storage.requests).to.have.length(2)
  })

  it('has repositories by `hf:`, at a branch, a tag or a commit', async () => {
    const options = { cache: path('cache') }
    await findWeights('hf:owner/net', options)
    await findWeights('hf:owner/net@v1.0', options)
    const files = ['config.json', 'preprocessor_config.json', 'model.safetensors']
    expect(paths).to.deep.equal(
      ['main', 'v1.0'].flatMap(revision => files.map(file => `/hub/owner/net/resolve/${revision}/${file}`)),
    )
    const outside = ['../..', 'owner/..', './net', 'owner/net@..', 'owner/net@.', 'owner/net@a/../b']
    paths.length = 0
    for (const wrong of [
      'hf:net',
      'hf:owner/net/more',
      'hf:owner/net@',
      'hf:../x y',
      ...outside.map(each => `hf:${each}`),
    ])
      expect((await rejects(UserError, () => findWeights(wrong, options))).message).to.equal(
        `${wrong}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION`,
      )
    expect(paths).to.deep.equal([])
    await findWeights('hf:owner/net@a..b', options)
    expect(paths[0]).to.equal('/hub/owner/net/resolve/a..b/config.json')
  })

  it('reports that a repository needs a token, without showing the present one', async () => {
    const finding = () => findWeights('https://huggingface.co/owner/gated', { cache: path('cache') })
    expect((await rejects(UserError, finding)).message).to.equal(
      `${mirror.url}/hub/owner/gated/resolve/main/config.json: access denied (HTTP 401); HF_TOKEN has to be the token of an account that may read this repository`,
    )
    setEnvironment({ HF_TOKEN: 'hf_\u0007secret' })
    expect((await rejects(UserError, finding)).message).to.equal(
      'HF_TOKEN: holds characters that no token has',
    )
    setEnvironment({ HF_TOKEN: '', HF_ENDPOINT: 'https://user:secret@' })
    expect((await rejects(UserError, finding)).message).to.equal(
      'HF_ENDPOINT: expected a URL such as https://huggingface.co, got https://',
    )
  })

  it('is distinguished from other hosts', () => {
    setEnvironment({ HF_ENDPOINT: undefined })
    const url = 'https://huggingface.co/owner/net'
    expect(hubUrl(url)).to.equal(url)
    expect(repositoryFiles(url)).to.equal(`${url}/resolve/main`)
    expect(repositoryFiles(`${url}/resolve/v2`)).to.equal(`${url}/resolve/v2`)
    expect(hubAuthorization(url)).to.equal('Bearer hf_secret')
    for (const other of [
      'https://huggingface.co.evil.example/owner/net',
      'https://evil.example/huggingface.co/owner',
      'http://huggingface.co/owner/net',
      'https://huggingface.co@evil.example/owner/net',
      'https://huggingface.co:8443/owner/net',
    ]) {
      expect(hubAuthorization(other), other).to.equal(undefined)
      expect(repositoryFiles(other), other).to.equal(other)
    }
  })
})
