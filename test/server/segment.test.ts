// POST /segment, as people use it with curl, and the routes for those who run the server.

import { mkdir, writeFile } from 'node:fs/promises'
import { expect } from 'chai'
import sharp from 'sharp'
import { DeepLab } from '../../src/node/index.ts'
import { createServer } from '../../src/server/index.ts'
import { useTemporaryFolder } from '../node/support.ts'
import { TINY } from '../node/tiny_model.ts'
import { testGpu } from '../support/gpu.ts'
import { type Described, describedServer } from './described.ts'
import { SIZE, scenePart, useServer } from './support.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

describe('POST /segment', () => {
  const running = useServer({ maxPixels: 300 * 300, maxBodyBytes: 2 ** 20 })
  let server: Described
  let photo: Buffer

  before(async () => {
    server = await describedServer(running.url)
    photo = await scenePart(80, 120)
  })

  const segment = (
    query = '',
    headers: Record<string, string> = {},
    body: BodyInit = new Uint8Array(photo),
  ) => server.ask(`/segment?size=${SIZE}${query}`, { method: 'POST', body, headers })
  const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

  it('gives the PNG of the mask, as the command writes it', async () => {
    const answer = await segment()
    expect(answer.headers.get('content-type')).to.equal('image/png')
    const expected = (await running.model.segment(photo, { size: SIZE })).maskPng()
    expect((await bytesOf(answer)).equals(expected)).to.equal(true)
  })

  it('gives the overlay, as the command writes it', async () => {
    const expected = await (await running.model.segment(photo, { size: SIZE })).overlay()
    expect((await bytesOf(await segment('&output=overlay'))).equals(expected)).to.equal(true)
  })

  it('gives JSON, by its address or by what the client accepts', async () => {
    const { classes, width, height } = await running.model.segment(photo, { size: SIZE })
    const expected = { model: 'scenes', width, height, classes }
    for (const answer of [
      await segment('&output=json'),
      await segment('', { accept: 'application/json' }),
      await segment('', { accept: 'image/*;q=0.5, application/json' }),
      await segment('&output=json', { accept: 'image/png' }),
    ])
      expect(await answer.json()).to.deep.equal(expected)
    for (const accept of ['image/png, application/json;q=0.9', 'image/*', '*/*, application/json;q=0.1'])
      expect((await segment('', { accept })).headers.get('content-type'), accept).to.equal('image/png')
    expect((await segment('', { accept: 'text/html' })).status).to.equal(406)
  })

  it('takes a photo of any type, and with none', async () => {
    const expected = await bytesOf(await segment())
    const jpeg = await sharp(photo).jpeg().toBuffer()
    for (const type of ['image/png', 'application/octet-stream'])
      expect((await bytesOf(await segment('', { 'content-type': type }))).equals(expected), type).to.equal(
        true,
      )
    expect((await segment('', {}, new Uint8Array(jpeg))).status).to.equal(200)
  })

  it('cuts classes out, as the library does, on transparent ground, a colour or a blur', async () => {
    const pixelsOf = async (answer: Response) => {
      expect(answer.status).to.equal(200)
      const { data, info } = await sharp(await bytesOf(answer))
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
      expect([info.width, info.height]).to.deep.equal([65, 65])
      return data
    }
    const options = { size: SIZE, output: 'probabilities', at: 'network' } as const
    const found = await running.model.segment(new Uint8Array(photo), options)
    const classes = found.classes.slice(-1).map(({ name }) => name)
    const expected = await sharp(await found.cutout({ classes }))
      .raw()
      .toBuffer()
    const names = encodeURIComponent(classes.join())
    const plain = await pixelsOf(await segment(`&output=cutout&cutout=${names}`))
    expect(plain.equals(expected)).to.equal(true)
    for (const query of [
      '&output=cutout&background=blur',
      '&output=cutout&background=%23ff00ff',
      '&output=cutout&cutout=all&background=blur&tile=33',
    ]) {
      const opaque = await pixelsOf(await segment(query))
      expect(
        opaque.every((value, i) => i % 4 < 3 || value === 255),
        query,
      ).to.equal(true)
    }
    const webp = await segment('&output=cutout&format=webp')
    expect(webp.headers.get('content-type')).to.equal('image/webp')
    await pixelsOf(webp)
  })

  it('cuts out for many at a time', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => segment('&output=cutout')))
    const pictures = await Promise.all(answers.map(bytesOf))
    for (const picture of pictures) expect(picture.equals(pictures[0])).to.equal(true)
  })

  const refusals: [wrong: string, init: () => Promise<Response>, status: number, message: RegExp][] = [
    ['no body', () => segment('', {}, new Uint8Array(0)), 400, /^image: the file is empty$/],
    ['another file', () => segment('', {}, Buffer.from('hello')), 400, /^image: not a JPEG, PNG/],
    ['an unknown option', () => segment('&flips=true'), 400, /^flips: unknown option; did you mean flip\?$/],
    [
      'an option twice',
      () => segment('&flip=true&flip=false'),
      400,
      /^flip: expected true or false, got \["true", "false"\]$/,
    ],
    [
      'an unknown output',
      () => segment('&output=masks'),
      400,
      /^output: expected mask or overlay or json or cutout, got "masks"$/,
    ],
    [
      'a cut-out of a class that the model lacks',
      () => segment('&output=cutout&cutout=ring,unicorn'),
      400,
      /^cutout: "unicorn" is none of all, background, box, /,
    ],
    [
      'two lists of classes',
      () => segment('&output=cutout&cutout=ring&cutout=box'),
      400,
      /^cutout: expected names of classes with commas between, got \["ring", "box"\]$/,
    ],
    [
      'a path as a background',
      () => segment('&output=cutout&background=/etc/passwd'),
      400,
      /^background: expected blur, or a colour such as #ffffff \(%23ffffff in a URL\), got "\/etc\/passwd"$/,
    ],
    [
      'a cut-out of another format',
      () => segment('&output=cutout&format=gif'),
      400,
      /^format: expected png or webp, got "gif"$/,
    ],
    [
      'a background without a cut-out',
      () => segment('&background=blur'),
      400,
      /^background: expected output=cutout with it$/,
    ],
    ['an unknown model', () => segment('&model=none'), 404, /^model "none" is not loaded$/],
    ['two models', () => segment('&model=scenes&model=scenes'), 404, /^model .* is not loaded$/],
    [
      'a path as a model',
      () => segment('&model=../../etc/passwd'),
      404,
      /^model "..\/..\/etc\/passwd" is not loaded$/,
    ],
    ['a wrong stride', () => segment('&output_stride=7'), 400, /^output_stride: expected 8, 16, 32; got 7$/],
    [
      'a page of another site',
      () => segment('', { 'sec-fetch-site': 'cross-site' }),
      403,
      /^a page of another site cannot use this server/,
    ],
    ['a compressed body', () => segment('', { 'content-encoding': 'gzip' }), 415, /^Content-Encoding: /],
    ['a body that is too long', () => segment('', {}, new Uint8Array(2 ** 20 + 1)), 413, /large/],
  ]
  for (const [wrong, ask, status, message] of refusals)
    it(`refuses ${wrong} in one line`, async () => {
      const answer = await ask()
      expect(answer.status).to.equal(status)
      expect((await answer.json()).error)
        .to.match(message)
        .and.not.include('\n')
    })

  it('refuses a photo of too many pixels by its header', async () => {
    const side = 301
    const large = await sharp({ create: { width: side, height: side, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const answer = await segment('', {}, new Uint8Array(large.subarray(0, 200))) // The rest is never read.
    expect(answer.status).to.equal(413)
    expect((await answer.json()).error).to.equal('image: 301×301 pixels is over the limit of 0.1 megapixels')
  })

  it('is named by 405 and Allow where another method is used', async () => {
    for (const [path, allow] of [
      ['/segment', 'POST'],
      ['/v2/repository/index', 'POST'],
      ['/v2/models/scenes/infer', 'POST'],
    ]) {
      const answer = await fetch(running.url + path)
      expect(answer.status, path).to.equal(405)
      expect(answer.headers.get('allow')).to.equal(allow)
      expect((await answer.json()).error).to.equal('GET is not a method of this route: expected POST')
    }
    const deleted = await fetch(`${running.url}/metrics`, { method: 'DELETE' })
    expect(deleted.headers.get('allow')).to.equal('GET, HEAD')
  })

  it('is shown to people at /, with the models that answer', async () => {
    const answer = await fetch(running.url)
    expect(answer.headers.get('content-type')).to.equal('text/html; charset=utf-8')
    const page = await answer.text()
    expect(page).to.include(`'${running.url}/segment?output=overlay'`).and.include('<p>Models: scenes</p>')
  })

  it('is counted in the metrics, by status and by stage', async () => {
    const text = await (await server.ask('/metrics')).text()
    for (const line of [
      /^atrous_responses_total\{method="POST",route="\/segment",code="200"\} \d\d/m,
      /^atrous_responses_total\{method="POST",route="\/segment",code="413"\} 2/m,
      ...['decode', 'wait', 'gpu', 'encode', 'cutout'].map(
        stage => new RegExp(`^atrous_stage_seconds_count\\{stage="${stage}"\\} \\d\\d`, 'm'),
      ),
      /^atrous_batch_photos_bucket\{le="1",model="scenes"\} \d\d/m,
      /^atrous_gpu_bytes\{model="scenes"\} \d{6}/m,
      /^atrous_queue_photos 0$/m,
      /^process_resident_memory_bytes \d/m,
    ])
      expect(text).to.match(line)
  })
})

describe('the models of a server', () => {
  const path = useTemporaryFolder()

  async function withModels(names: string[], test: (server: Described) => Promise<void>): Promise<void> {
    const model = await DeepLab.create(TINY, { gpu: await testGpu() })
    for (const name of names) await model.save(path(name))
    await mkdir(path('empty'))
    await mkdir(path('damaged'))
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } }).toFile(path('photo.png'))
    const server = createServer({ models: { fixed: model }, folder: path('.'), load: names.slice(0, 1) })
    try {
      const url = await server.listen({ port: 0 })
      await server.ready()
      await test(await describedServer(url))
    } finally {
      await server.close()
      await model.dispose()
    }
  }

  const change = (server: Described, name: string, what: 'load' | 'unload') =>
    server.ask(`/v2/repository/models/${name}/${what}`, { method: 'POST' })
  const index = async (server: Described, body = '') =>
    (await server.json('/v2/repository/index', { method: 'POST', headers: JSON_TYPE, body })).map(
      ({ name, state }: { name: string; state: string }) => `${name} ${state}`,
    )

  it('are loaded and unloaded by name', async () => {
    await withModels(['one', 'two'], async server => {
      expect(await index(server)).to.deep.equal(['fixed READY', 'one READY', 'two UNAVAILABLE'])
      expect((await change(server, 'two', 'load')).status).to.equal(200)
      expect((await change(server, 'two', 'load')).status).to.equal(200) // loads it again
      expect((await change(server, 'one', 'unload')).status).to.equal(200)
      expect(await index(server, '{"ready": true}')).to.deep.equal(['fixed READY', 'two READY'])
      expect((await server.ask('/v2/models/one')).status).to.equal(404)
      expect((await server.ask('/v2/models/one/ready')).status).to.equal(400)
      expect((await change(server, 'one', 'unload')).status).to.equal(404)
      expect((await change(server, 'one', 'load')).status).to.equal(200)
      expect((await server.ask('/v2/models/one/ready')).status).to.equal(200)
    })
  })

  it('have no other names than those in the folder, and no paths', async () => {
    await withModels(['one'], async server => {
      for (const name of [
        'none',
        'empty',
        'photo',
        '..',
        '..%2F..%2Fetc',
        '%2Fetc%2Fpasswd',
        'one%2Fmodel.safetensors',
      ])
        expect((await change(server, name, 'load')).status, name).to.equal(404)
      expect(await index(server)).to.deep.equal(['fixed READY', 'one READY'])
    })
  })

  it('that cannot be loaded leave the others, and their reason has no path of the disk', async () => {
    await withModels(['one'], async server => {
      await writeFile(path('one/model.safetensors'), 'no checkpoint')
      const answer = await change(server, 'one', 'load')
      expect(answer.status).to.equal(400)
      const { error } = await answer.json()
      expect(error).to.match(/^one\/model\.safetensors: /)
      expect((await server.ask('/v2/models/one/ready')).status).to.equal(200) // as it was loaded before
    })
  })
})
