import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { cacheFolder } from '../../src/node/cache.ts'
import { pullWeights, readRegistry } from '../../src/node/downloads/pull.ts'
import { findWeights } from '../../src/node/weights.ts'
import { readPth } from '../../src/weights/pth.ts'
import { findEntry, type RegistryEntry } from '../../src/weights/registry.ts'
import { writeSafetensors } from '../../src/weights/safetensors.ts'
import { startServer, type TestServer } from './server.ts'

const golden = new URL('golden/', import.meta.url)
const pth = readFileSync(new URL('zip.pth', golden))
const tensors = readPth(pth)
const config = { model_type: 'mobilenet_v2' }

interface Redirect extends OutgoingHttpHeaders {
  location: string
}

describe('findWeights', () => {
  let folder: string
  let server: TestServer
  let contents: Record<string, Uint8Array | string | Redirect>
  before(async () => {
    server = await startServer((request, response) => {
      const content = contents[request.url!]
      if (content === undefined) response.writeHead(404).end()
      else if (typeof content === 'object' && 'location' in content) response.writeHead(302, content).end()
      else response.end(content)
    })
  })
  after(() => server.close())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atrous-weights-'))
    server.requests.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const find = (nameOrPath: string, registry?: RegistryEntry[]) =>
    findWeights(nameOrPath, { cache: join(folder, 'cache'), registry })
  const refusal = async (finding: Promise<unknown>) => {
    const error = await finding.then(
      () => new Error('the weights were found'),
      (error: Error) => error,
    )
    expect(error).to.be.instanceOf(UserError)
    return error.message
  }

  it('reads a folder with its config', async () => {
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors))
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    const found = await find(folder)
    expect(found.stateDict).to.deep.equal(tensors)
    expect(found.config).to.deep.equal(config)
    expect(found.preprocessor).to.equal(undefined)
    expect(found.source).to.equal(join(folder, 'model.safetensors'))
    // The path of the file also finds the config.
    expect(await find(found.source)).to.deep.equal(found)
  })

  it('reads a folder with one checkpoint of any name, and a file without a config', async () => {
    cpSync(new URL('zip.pth', golden), join(folder, 'epoch_3.pth'))
    writeFileSync(join(folder, 'config.json'), '{}')
    expect((await find(folder)).config).to.deep.equal({})
    expect((await find(join(folder, 'epoch_3.pth'))).config).to.equal(undefined)
  })

  it('pulls a name once, then finds it in the cache', async () => {
    const sha256 = createHash('sha256').update(pth).digest('hex').slice(0, 8)
    const entry: RegistryEntry = {
      name: 'small',
      description: '',
      classes: 2,
      megabytes: 0,
      licence: 'MIT',
      source: '',
      files: [{ name: 'small.pth', url: `${server.url}/small.pth`, bytes: pth.length, sha256 }],
    }
    contents = { '/small.pth': pth }
    expect((await find('small', [entry])).stateDict).to.deep.equal(tensors)
    expect((await find('small', [entry])).stateDict).to.deep.equal(tensors)
    expect(server.requests).to.have.length(1)
    expect(await pullWeights('small', { cache: join(folder, 'cache'), registry: [entry] })).to.match(/small$/)
  })

  it('keeps only checkpoints in the cache', async () => {
    contents = { '/moved.pth': '<!DOCTYPE html>' }
    expect(await refusal(find(`${server.url}/moved.pth`))).to.match(/\/moved\.pth: a web page/)
    contents = { '/moved.pth': pth }
    expect((await find(`${server.url}/moved.pth`)).stateDict.size).to.equal(tensors.size)
  })

  it('verifies a file without a known hash by the hash that Hugging Face states before it redirects', async () => {
    const wrong = '0'.repeat(64)
    contents = { '/hf.pth': { location: '/storage', 'x-linked-etag': `"${wrong}"` }, '/storage': pth }
    expect(await refusal(find(`${server.url}/hf.pth`))).to.match(new RegExp(`not ${wrong}; it was removed$`))
    const right = createHash('sha256').update(pth).digest('hex')
    contents['/hf.pth'] = { location: '/storage', 'x-linked-etag': `"${right}"` }
    expect((await find(`${server.url}/hf.pth`)).stateDict.size).to.equal(tensors.size)
  })

  it('reads the URL of a folder, once', async () => {
    contents = { '/net/pytorch_model.bin': pth, '/net/config.json': JSON.stringify(config) }
    for (let round = 0; round < 2; round++) {
      const found = await find(`${server.url}/net/`)
      expect(found.stateDict).to.deep.equal(tensors)
      expect(found.config).to.deep.equal(config)
    }
    // config.json, preprocessor_config.json and model.safetensors (all absent), pytorch_model.bin
    expect(server.requests).to.have.length(4)
  })

  it('verifies each file of a folder from a URL, and keeps the key in the query', async () => {
    const url = `${server.url}/net?key=secret`
    contents = { '/net/pytorch_model.bin?key=secret': pth, '/net/config.json?key=secret': '{"a":1}' }
    const { source } = await find(url)
    writeFileSync(join(dirname(source), 'config.json'), '{"a":2}')
    const warnings: string[] = []
    const onWarning = (message: string) => warnings.push(message)
    expect((await findWeights(url, { cache: join(folder, 'cache'), onWarning })).config).to.deep.equal({
      a: 1,
    })
    expect(warnings.join()).to.match(/config\.json: damaged: .*; it is downloaded again$/)
    expect(server.requests).to.have.length(5)
  })

  it('reads a file: URL, and names the supported kinds of URL', async () => {
    const file = join(folder, 'model.safetensors')
    writeFileSync(file, writeSafetensors(tensors))
    expect((await find(pathToFileURL(file).href)).source).to.equal(file)
    expect((await find(pathToFileURL(folder).href)).source).to.equal(file)
    expect(await refusal(find('ftp://user:secret@host/a.pth?token=b'))).to.equal(
      'ftp://host/a.pth?…: expected an http:, https: or file: URL',
    )
    contents = {}
    expect(await refusal(find(server.url.replace('http://', 'HTTP://user:secret@')))).to.match(
      /^http:\/\/127\.0\.0\.1:\d+\/pytorch_model\.bin: not found \(HTTP 404\)$/,
    )
  })

  it('refuses names that point elsewhere', async () => {
    const entry = (name: string, file: string, url = `${server.url}/x.pth`): RegistryEntry => ({
      ...{ name, description: '', classes: 2, megabytes: 0, licence: '', source: '' },
      files: [{ name: file, url, bytes: null, sha256: null }],
    })
    for (const name of [
      '..',
      '.',
      '',
      'a/b',
      'a\\b',
      'C:x',
      'nul',
      'COM1.pth',
      'a\0b',
      'a.',
      'é'.repeat(101),
    ]) {
      expect(await refusal(find('net', [entry('net', name)])), name).to.match(
        /^registry: 0\.files\.0\.name: expected the name of a file, without a path$/,
      )
      const pulling = pullWeights(name, { cache: join(folder, 'cache'), registry: [entry(name, 'x.pth')] })
      expect(await refusal(pulling), name).to.match(/0\.name: expected/)
    }
    expect(await refusal(find('net', [entry('net', 'x.pth', 'file:///etc/passwd')]))).to.match(
      /0\.files\.0\.url: expected an http: or https: URL/,
    )
    for (const name of ['nul.pth', `${'a'.repeat(300)}.pth`, 'a%00.:.pth'])
      expect(await refusal(find(`${server.url}/${name}`)), name).to.match(/cannot be the name of a file/)
    expect(server.requests).to.have.length(0)
  })

  it('ends with the reason of its signal', async () => {
    contents = { '/a.pth': pth }
    const signal = AbortSignal.abort(new Error('enough'))
    for (const what of [`${server.url}/a.pth`, folder]) {
      const error = await findWeights(what, { cache: join(folder, 'cache'), signal }).catch(error => error)
      expect(error.message).to.equal('enough')
    }
  })

  it('finds the checkpoints of Lightning and of older training scripts in a folder', async () => {
    for (const name of ['epoch=9-step=100.ckpt', 'model_best.pth.tar']) {
      const run = join(folder, `run of ${name}`)
      mkdirSync(run)
      writeFileSync(join(run, name), pth)
      writeFileSync(join(run, 'config.json'), '{}')
      expect((await find(run)).source, name).to.equal(join(run, name))
    }
  })

  it('reports where it searched', async () => {
    expect(await refusal(find('nonesuch'))).to.match(
      /^nonesuch: neither a file nor a folder, nor one of .*deeplabv3_resnet50_coco/,
    )
    expect(await refusal(find('http://'))).to.equal('http://: this is not a URL')
    expect(await refusal(find('runs/none.pth'))).to.equal('runs/none.pth: no such file or folder')
    mkdirSync(join(folder, 'empty'))
    expect(await refusal(find(join(folder, 'empty')))).to.match(
      /no checkpoint in this folder, such as model\.safetensors$/,
    )
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors))
    writeFileSync(join(folder, 'config.json'), '[')
    expect(await refusal(find(folder))).to.match(/config\.json: not a JSON object$/)
  })
})

describe('the registry', () => {
  it('describes every checkpoint, with hashes only from sources', async () => {
    const registry = await readRegistry()
    expect(registry.map(entry => entry.name)).to.deep.equal([...new Set(registry.map(entry => entry.name))])
    for (const { files, ...entry } of registry) {
      expect(entry).to.have.all.keys('name', 'description', 'classes', 'megabytes', 'licence', 'source')
      for (const { name, url, bytes, sha256, ...rest } of files) {
        expect(rest).to.deep.equal({})
        expect(new URL(url).pathname).to.match(new RegExp(`/${name}$`))
        if (bytes !== null) expect(bytes).to.be.greaterThan(0)
        if (sha256 !== null) expect(sha256).to.match(/^[0-9a-f]{8,64}$/)
        // PyTorch's file names end with the first digits of the hash.
        if (name.endsWith('.pth')) expect(name).to.contain(`-${sha256}.pth`)
      }
    }
    expect(findEntry(registry, 'deeplabv3_resnet101_coco')!.classes).to.equal(21)
  })
})

describe('cacheFolder', () => {
  it("is the user's choice, or the system's cache folder", () => {
    const home = { XDG_CACHE_HOME: '/xdg', LOCALAPPDATA: '/local' }
    expect(cacheFolder({ ...home, ATROUS_CACHE: '/mine' }, 'linux')).to.equal('/mine')
    expect(cacheFolder(home, 'linux')).to.equal(join('/xdg', 'atrous'))
    expect(cacheFolder(home, 'win32')).to.equal(join('/local', 'atrous'))
    expect(cacheFolder({}, 'darwin')).to.match(/\.cache.atrous$/)
  })
})
