// Models in a page: where their weights come from, downloads with progress, their cache, and what is refused.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { MODEL_FILES, modelFiles, untrainedModel } from '../../src/library/model_files.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { writeSafetensors } from '../../src/weights/safetensors.ts'
import type { Answer } from '../support/static_server.ts'
import { useBrowser } from './browser.ts'

const weights = new URL('../../weights/scenes/', import.meta.url)
const checkpoint = readFileSync(new URL('model.safetensors', weights))
const config = readFileSync(new URL('config.json', weights))
/** A checkpoint whose tensors alone say what it is. */
const plain = modelFiles(untrainedModel(deepLabConfig({ backbone: 'mobilenet_v2', classes: 21 }))).get(
  MODEL_FILES.weights,
) as Uint8Array
const another = writeSafetensors(
  new Map([['encoder.weight', { dtype: 'f32', shape: [1], data: new Float32Array(1) }]]),
)

describe('DeepLab.load in a page', () => {
  const answers: Record<string, Answer> = {}
  const browser = useBrowser(path => answers[path])
  const asked = () => browser.server.asked.filter(path => path in answers)
  beforeEach(() => {
    for (const path of Object.keys(answers)) delete answers[path]
    Object.assign(answers, {
      '/net/model.safetensors': { body: checkpoint },
      '/net/config.json': { body: config },
      '/plain.safetensors': { body: plain },
    })
    browser.server?.asked.splice(0)
  })

  /** The class names and the mask of the model that a page loads, or the message of the error. */
  const load = (page: Page, source: unknown, options: object = {}) =>
    page.evaluate(
      async ([from, given]) => {
        const { DeepLab, UserError } = window.atrous
        const warnings: string[] = []
        try {
          const model = await DeepLab.load(from as string, {
            onWarning: text => warnings.push(text),
            ...given,
          })
          const { mask } = await model.segment('/docs/scene.png', { size: 65 })
          const share = mask.filter(id => id > 0).length / mask.length
          const { classNames } = model
          await model.dispose()
          return { classNames, share, warnings }
        } catch (error) {
          return { refusal: error instanceof UserError ? error.message : `no UserError: ${error}`, warnings }
        }
      },
      [source, options] as const,
    )

  const NAMES = ['background', 'box', 'sphere', 'cylinder', 'cone', 'ring']

  it('takes a name, a URL of a folder or of a file, files, and bytes: the same network each time (slow)', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const { DeepLab } = window.atrous
      const get = async (name: string) => (await fetch(`/net/${name}`)).blob()
      const [weights, json] = await Promise.all([get('model.safetensors'), get('config.json')])
      const plain = await (await fetch('/plain.safetensors')).blob()
      const files = [new File([json], 'config.json'), new File([weights], 'model.safetensors')]
      const list = new DataTransfer()
      for (const file of [...files, new File(['# About'], 'README.md')]) list.items.add(file)
      const sources = {
        'a shipped name': 'scenes',
        'the URL of a folder': `${location.origin}/net`,
        'a URL object': new URL('/net/', location.href),
        'a relative URL': './net/',
        files,
        'a FileList': list.files,
        'the URL of a file': '/plain.safetensors',
        'a File': new File([plain], 'any name'),
        bytes: new Uint8Array(await plain.arrayBuffer()),
        'an ArrayBuffer': await plain.arrayBuffer(),
      }
      const results: Record<string, string> = {}
      for (const [name, source] of Object.entries(sources)) {
        const model = await DeepLab.load(source)
        const { mask } = await model.segment('/docs/scene.png', { size: 65 })
        const sum = mask.reduce((hash, id) => (hash * 31 + id) % 1_000_003, 0)
        results[name] = `${model.classNames} ${model.state.preprocessing.size} ${sum}`
        await model.dispose()
      }
      return results
    })
    const described = found['a shipped name']
    expect(described).to.match(/^background,box,sphere,cylinder,cone,ring 257 \d+$/)
    const [withConfig, alone] = [
      ['the URL of a folder', 'a URL object', 'a relative URL', 'files', 'a FileList'],
      ['the URL of a file', 'a File', 'bytes', 'an ArrayBuffer'],
    ]
    for (const name of withConfig) expect(found[name], name).to.equal(described)
    expect(found.bytes).to.match(/^background,aeroplane,.* 513 \d+$/)
    for (const name of alone) expect(found[name], name).to.equal(found.bytes)
  })

  it('takes shipped weights from baseUrl, and says so where they are not', async () => {
    const page = await browser.open()
    expect(await load(page, 'scenes', { baseUrl: '/package/weights' })).to.deep.include({ classNames: NAMES })
    const { url } = browser.server
    expect(await load(page, 'scenes', { baseUrl: '/elsewhere/' })).to.deep.include({
      refusal: `${url}/elsewhere/scenes/config.json: not found (HTTP 404); pass baseUrl, the URL of a copy of the package's folder weights`,
    })
    answers['/app/scenes/config.json'] = { body: '<!doctype html>' }
    expect((await load(page, 'scenes', { baseUrl: `${url}/app` })).refusal).to.match(
      /config\.json: not a JSON object; pass baseUrl/,
    )
  })

  it('reports progress, keeps downloads, and verifies what it kept', async () => {
    const page = await browser.open()
    const steps = await page.evaluate(async () => {
      const found: { file: string; receivedBytes: number; totalBytes?: number }[] = []
      await (await window.atrous.DeepLab.load('/net', { onProgress: step => found.push(step) })).dispose()
      return found
    })
    const ofCheckpoint = steps.filter(({ file }) => file === 'model.safetensors')
    expect(ofCheckpoint.length).to.be.above(1)
    expect(ofCheckpoint.at(-1)).to.deep.equal({
      ...{ file: 'model.safetensors', receivedBytes: checkpoint.length, totalBytes: checkpoint.length },
    })
    expect(asked()).to.deep.equal(['/net/config.json', '/net/model.safetensors'])

    expect(await load(page, '/net')).to.deep.include({ classNames: NAMES, warnings: [] })
    expect(asked()).to.have.length(2)
    expect(await load(page, '/net', { cache: false })).to.deep.include({ classNames: NAMES })
    expect(asked()).to.have.length(4)

    await page.evaluate(async () => {
      const cache = await caches.open('atrous')
      const [key] = (await cache.keys()).filter(({ url }) => url.endsWith('safetensors'))
      const { headers } = (await cache.match(key))!
      await cache.put(key, new Response(new Uint8Array(10), { headers }))
    })
    const again = await load(page, '/net')
    expect(again.classNames).to.deep.equal(NAMES)
    expect(again.warnings).to.have.length(1)
    expect(again.warnings[0]).to.match(/damaged in the cache: its SHA-256 is .*; it is downloaded again/)
    expect(asked()).to.have.length(5)
  })

  it('goes on with a warning if the cache is refused or full', async () => {
    const page = await browser.open()
    await page.evaluate(() => {
      Cache.prototype.put = () => Promise.reject(new DOMException('', 'QuotaExceededError'))
    })
    const full = await load(page, '/plain.safetensors')
    expect(full.classNames).to.have.length(21)
    expect(full.warnings).to.deep.equal([
      `${browser.server.url}/plain.safetensors: cannot be kept in the browser's cache, and is downloaded again next time (QuotaExceededError)`,
    ])
    await page.evaluate(() => {
      CacheStorage.prototype.open = () => Promise.reject(new DOMException('', 'SecurityError'))
    })
    const refused = await load(page, '/plain.safetensors')
    expect(refused.classNames).to.have.length(21)
    expect(refused.warnings[0]).to.match(/refuses its cache storage to this page.*\(SecurityError\)/)
  })

  it('takes the files of a registry entry, verified', async () => {
    const page = await browser.open()
    const sha256 = createHash('sha256').update(plain).digest('hex').slice(0, 8)
    const entry = (changed: object) => ({
      registry: [
        {
          ...{ name: 'mine', description: '', classes: 6, megabytes: 4, licence: 'MIT', source: 'here' },
          files: [
            {
              ...{ name: 'net.safetensors', url: `${browser.server.url}/plain.safetensors` },
              ...{ bytes: plain.length, sha256, ...changed },
            },
          ],
        },
      ],
    })
    expect((await load(page, 'mine', entry({}))).classNames).to.have.length(21)
    expect((await load(page, 'mine', { ...entry({ bytes: 5 }), cache: false })).refusal).to.equal(
      `${browser.server.url}/plain.safetensors: not the expected file: it has ${plain.length} bytes, not 5`,
    )
    expect((await load(page, 'mine', { ...entry({ sha256: '00000000' }), cache: false })).refusal).to.match(
      /not the expected file: its SHA-256 is [0-9a-f]{64}, not 00000000$/,
    )
    expect((await load(page, 'other', entry({}))).refusal).to.equal(
      'other: neither a URL nor one of mine; a relative URL begins with ./ or /',
    )
    expect((await load(page, 'no such net')).refusal).to.match(
      /^no such net: neither a URL nor one of scenes, deeplabv3_resnet50_coco,/,
    )
  })

  it('ends with the reason of its signal, also while the server is silent', async () => {
    answers['/slow/config.json'] = { body: config }
    answers['/slow/model.safetensors'] = { body: checkpoint, stallsAfter: 100_000 }
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const end = new AbortController()
      const reason = new Error('enough')
      const loading = window.atrous.DeepLab.load('/slow', {
        signal: end.signal,
        onProgress: ({ file }) => {
          if (file === 'model.safetensors') end.abort(reason)
        },
      })
      return loading.then(
        () => 'loaded',
        error => error === reason,
      )
    })
    expect(found).to.equal(true)
  })

  it('refuses what is no such network in one line', async () => {
    Object.assign(answers, {
      '/another.safetensors': { body: another },
      '/page.pth': { body: '<!doctype html>' },
      '/denied/config.json': { status: 403 },
      '/no_config/config.json': { body: '[]' },
    })
    const page = await browser.open()
    const { url } = browser.server
    const cases: [source: unknown, message: string | RegExp][] = [
      ['/none', `${url}/none/pytorch_model.bin: not found (HTTP 404)`],
      ['/none.pth', `${url}/none.pth: not found (HTTP 404)`],
      ['/denied', `${url}/denied/config.json: access denied (HTTP 403)`],
      ['/no_config', `${url}/no_config/config.json: not a JSON object`],
      ['/page.pth', /page\.pth: a web page, not a checkpoint/],
      ['/another.safetensors', /another\.safetensors is a checkpoint of another network: neither/],
      ['http://', 'http://: this is not a URL'],
      ['', 'load: expected the name of a model, a URL, files or bytes, got an empty string'],
      [5, 'load: expected the name of a model, a URL, files or bytes, got 5'],
      [[], 'no checkpoint among these 0 files: expected one such as model.safetensors'],
      [['a'], 'files[0]: expected a File or a Blob, got "a"'],
    ]
    for (const [source, message] of cases) {
      const { refusal } = await load(page, source)
      if (typeof message === 'string') expect(refusal).to.equal(message)
      else expect(refusal).to.match(message)
    }
    expect((await load(page, 'scenes', { basUrl: '/' })).refusal).to.equal(
      'basUrl: unknown option; did you mean baseUrl?',
    )
    expect((await load(page, '/another.safetensors', { cache: false })).refusal).to.match(/another network/)
  })

  it('says that a server cannot be reached', async () => {
    const page = await browser.open()
    await page.route('**/net/**', route => route.abort())
    expect((await load(page, '/net', { cache: false })).refusal).to.equal(
      `${browser.server.url}/net/config.json: cannot reach the server, or it does not let this page read the file (CORS)`,
    )
  })
})
