// The Open Inference Protocol over HTTP, with requests as its text and that of Triton's extensions give them.

import { Validator } from '@seriousme/openapi-schema-validator'
import { expect } from 'chai'
import sharp from 'sharp'
import { sharedFile } from '../node/support.ts'
import { randomSource } from '../reference/random.ts'
import { type Described, describedServer } from './described.ts'
import { binaryRequest, bytesElement, SIZE, scenePart, useServer } from './support.ts'

const INFER = '/v2/models/scenes/infer'

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('the Open Inference Protocol', () => {
  const running = useServer()
  let server: Described
  let photo: Buffer
  let mask: Uint8Array
  /** The photo as an input of JSON, at the size of these tests. */
  let request: {
    inputs: { name: string; shape: number[]; datatype: string; data: unknown }[]
    parameters: object
  }

  before(async () => {
    server = await describedServer(running.url)
    photo = await scenePart(80, 120)
    mask = (await running.model.segment(photo, { size: SIZE })).mask
    expect(new Set(mask).size).to.be.above(1)
    const data = [photo.toString('base64')]
    request = {
      inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data }],
      parameters: { size: SIZE },
    }
  })

  it('has a description that is valid OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(server.description as never)
    expect(errors).to.equal(undefined)
    expect(valid).to.equal(true)
  })

  it('describes which bodies may be empty', () => {
    const { paths } = server.description
    const isRequired = (path: string) => paths[path].post.requestBody?.required
    expect(['/segment', '/v2/models/{model}/infer'].map(isRequired)).to.deep.equal([true, true])
    const repository = Object.keys(paths).filter(path => path.startsWith('/v2/repository'))
    expect(repository).to.have.length(3)
    expect(repository.map(isRequired)).to.deep.equal([false, false, false])
  })

  it('tells that the server is live and ready, and what it is', async () => {
    expect(await server.json('/v2/health/live')).to.deep.equal({ live: true })
    expect(await server.json('/v2/health/ready')).to.deep.equal({ live: true, ready: true })
    const { name, extensions } = await server.json('/v2')
    expect(name).to.equal('atrous')
    expect(extensions).to.deep.equal(['binary_tensor_data', 'model_repository', 'parameters'])
    expect(await server.json('/v2/')).to.include({ name })
  })

  for (const version of ['', '/versions/1'])
    it(`describes a model${version && ' by its version'}`, async () => {
      const path = `/v2/models/scenes${version}`
      expect(await server.json(`${path}/ready`)).to.deep.equal({ name: 'scenes', ready: true })
      const { versions, inputs, outputs } = await server.json(path)
      expect(versions).to.deep.equal(['1'])
      expect(inputs).to.deep.equal([{ name: 'image', datatype: 'BYTES', shape: [-1] }])
      expect(outputs.map(({ name }: { name: string }) => name)).to.deep.equal([
        'mask',
        'probabilities',
        'logits',
      ])
      const answer = await server.json(`${path}/infer`, post(request))
      expect(answer.outputs[0].data).to.deep.equal([...mask])
    })

  it('answers in JSON, with the id and the mask', async () => {
    const { model_name, model_version, id, outputs } = await server.json(
      INFER,
      post({ ...request, id: '42' }),
    )
    expect({ model_name, model_version, id }).to.deep.equal({
      model_name: 'scenes',
      model_version: '1',
      id: '42',
    })
    expect(outputs).to.deep.equal([{ name: 'mask', datatype: 'UINT8', shape: [1, 65, 65], data: [...mask] }])
  })

  it('takes and gives binary data, JSON and binary outputs side by side', async () => {
    const binary = bytesElement(photo)
    const outputs = [
      { name: 'probabilities', parameters: { binary_data: true } },
      { name: 'mask', parameters: { binary_data: false } },
      { name: 'logits' },
    ]
    const json = {
      ...{
        inputs: [{ ...request.inputs[0], data: undefined, parameters: { binary_data_size: binary.length } }],
      },
      ...{ outputs, parameters: { size: SIZE, binary_data_output: true } },
    }
    const answer = await server.ask(INFER, binaryRequest(json, binary))
    const body = Buffer.from(await answer.arrayBuffer())
    const length = Number(answer.headers.get('inference-header-content-length'))
    const described = JSON.parse(body.subarray(0, length).toString()).outputs
    const size = 65 * 65 * 6 * 4
    const scores = { datatype: 'FP32', shape: [1, 65, 65, 6], parameters: { binary_data_size: size } }
    expect(described).to.deep.equal([
      { name: 'probabilities', ...scores },
      { name: 'mask', datatype: 'UINT8', shape: [1, 65, 65], data: [...mask] },
      { name: 'logits', ...scores },
    ])
    expect(body.length).to.equal(length + 2 * size)
    const expected = await running.model.segment(photo, { size: SIZE, output: 'probabilities' })
    const found = new Float32Array(new Uint8Array(body.subarray(length, length + size)).buffer)
    expect(found).to.deep.equal(expected.probabilities.data)
    const { logits } = await running.model.segment(photo, { size: SIZE, output: 'logits' })
    expect(new Float32Array(new Uint8Array(body.subarray(length + size)).buffer)).to.deep.equal(logits.data)
  })

  it('takes pixels as UINT8, flat, nested or binary', async () => {
    const pixels = await sharp(photo).raw().toBuffer()
    const shape = [65, 65, 3]
    const nested = Array.from({ length: 65 }, (_, y) =>
      Array.from({ length: 65 }, (_, x) => [...pixels.subarray((y * 65 + x) * 3, (y * 65 + x) * 3 + 3)]),
    )
    for (const data of [[...pixels], nested, [nested]]) {
      const inputs = [
        { name: 'image', datatype: 'UINT8', shape: data.length === 1 ? [1, ...shape] : shape, data },
      ]
      const { outputs } = await server.json(INFER, post({ ...request, inputs }))
      expect(outputs[0].data).to.deep.equal([...mask])
    }
    const parameters = { binary_data_size: pixels.length }
    const inputs = [{ name: 'image', datatype: 'UINT8', shape, parameters }]
    const answer = await server.json(INFER, binaryRequest({ ...request, inputs }, pixels))
    expect(answer.outputs[0].data).to.deep.equal([...mask])
  })

  it('takes several photos of one size, and refuses several sizes', async () => {
    const other = await scenePart(280, 40)
    const expected = (await running.model.segment(other, { size: SIZE })).mask
    const inputs = [{ name: 'image', shape: [2], datatype: 'BYTES', data: [photo, other].map(base64) }]
    const { outputs } = await server.json(INFER, post({ ...request, inputs }))
    expect(outputs[0].shape).to.deep.equal([2, 65, 65])
    expect(outputs[0].data).to.deep.equal([...mask, ...expected])
    inputs[0].data[1] = base64(await scenePart(80, 120, { side: 60 }))
    const refused = await server.ask(INFER, post({ ...request, inputs }))
    expect(await refused.json()).to.deep.equal({
      error: 'image[1]: 60×60 pixels: expected photos of one size, as a tensor has, and image[0] has 65×65',
    })
  })

  it('has the options of segment as parameters', async () => {
    const parameters = { size: 129, output_stride: 8, scales: '0.5,1', flip: true, crf: 'v1' }
    const options = { size: 129, outputStride: 8, scales: [0.5, 1], flip: true, crf: 'v1' } as const
    const expected = (await running.model.segment(photo, options)).mask
    expect(expected).to.not.deep.equal(mask)
    const { outputs } = await server.json(INFER, post({ ...request, parameters }))
    expect(outputs[0].data).to.deep.equal([...expected])
  })

  it('segments in tiles', async () => {
    const parameters = { tile: 32, overlap: 0.5 }
    const expected = (await running.model.segment(photo, parameters)).mask
    expect(expected).to.not.deep.equal(mask)
    const { outputs } = await server.json(INFER, post({ ...request, parameters }))
    expect(outputs[0].data).to.deep.equal([...expected])
  })

  const image = (changes: object) => ({ inputs: [{ ...request.inputs[0], ...changes }] })
  const refusals: [wrong: string, body: () => unknown, message: string | RegExp][] = [
    ['no JSON', () => undefined, /^the request is not JSON/],
    ['no inputs', () => ({}), 'inputs: missing'],
    ['another input', () => image({ name: 'photo' }), 'inputs: expected one input, image; got ["photo"]'],
    [
      'another type',
      () => image({ datatype: 'FP32' }),
      'image.datatype: expected BYTES or UINT8, got "FP32"',
    ],
    ['a wrong shape', () => image({ shape: [1, 1] }), 'image.shape: expected [n] encoded photos, got [1, 1]'],
    ['no photo', () => image({ shape: [0], data: [] }), 'image.shape: expected [n] encoded photos, got [0]'],
    ['fewer photos', () => image({ shape: [2] }), 'image: the shape has 2 elements, and the data 1'],
    ['no data', () => image({ data: undefined }), 'image: expected data as a list, got none'],
    ['no base64', () => image({ data: ['é'] }), 'image: expected base64 as element 0, got "é"'],
    ['no photo in it', () => image({ data: ['aGFsbG8='] }), /^image: not a JPEG, PNG, WebP, AVIF/],
    [
      'lists that are too deep',
      () => image({ datatype: 'UINT8', shape: [1, 1, 3], data: [[[[[1, 2, 3]]]]] }),
      'image: expected lists in lists as the shape is, got deeper ones',
    ],
    [
      'a number above 255',
      () => image({ datatype: 'UINT8', shape: [1, 1, 3], data: [1, 2, 256] }),
      'image: expected whole numbers from 0 to 255, got 256',
    ],
    [
      'an unknown output',
      () => ({ ...request, outputs: [{ name: 'masks' }] }),
      'outputs: expected mask, probabilities, logits; got "masks"',
    ],
    [
      'an output twice',
      () => ({ ...request, outputs: [{ name: 'mask' }, { name: 'mask' }] }),
      'outputs: expected each name once, got ["mask", "mask"]',
    ],
    [
      'an unknown parameter',
      () => ({ ...request, parameters: { flipp: true } }),
      'flipp: unknown option; did you mean flip?',
    ],
    [
      'a wrong parameter',
      () => ({ ...request, parameters: { flip: 1 } }),
      'flip: expected true or false, got 1',
    ],
    [
      'a list as a parameter',
      () => ({ ...request, parameters: { scales: [1] } }),
      'parameters.scales: expected a text, a number, true or false; got [1]',
    ],
    [
      'a long list as a parameter',
      () => ({ ...request, parameters: { data: Array(1e5).fill(1) } }),
      'parameters.data: expected a text, a number, true or false; got "[…]"',
    ],
    [
      'logits of several scales',
      () => ({ ...request, outputs: [{ name: 'logits' }], parameters: { size: SIZE, flip: true } }),
      'output logits: several scales or flip have a mean of probabilities, and no logits',
    ],
    [
      'a network that sees too much',
      () => ({ ...request, parameters: { size: 4096, scales: '1,2' } }),
      'size, scales and flip: the network would see 83.9 megapixels, and the limit is 33.6',
    ],
    [
      'windows that see too much',
      () => ({ ...request, parameters: { size: 4096, tile: 512, flip: true } }),
      /^tile, size, scales and flip: the network would see \d+\.\d megapixels, and the limit is 33\.6$/,
    ],
    [
      'a CRF behind tiles',
      () => ({ ...request, parameters: { tile: 64, crf: true } }),
      'crf: a CRF takes the whole photo at once: leave it out, or tile with a smaller photo',
    ],
  ]
  for (const [wrong, body, message] of refusals)
    it(`refuses ${wrong} in one line`, async () => {
      const answer = await server.ask(INFER, post(body()))
      expect(answer.status).to.equal(400)
      const { error } = await answer.json()
      if (typeof message === 'string') expect(error).to.equal(message)
      else expect(error).to.match(message).and.not.include('\n')
    })

  it('refuses wrong lengths of binary data', async () => {
    const binary = bytesElement(photo)
    const ask = async (size: unknown, data: Uint8Array, headers: object = {}) => {
      const parameters = { binary_data_size: size }
      const init = binaryRequest({ inputs: [{ ...request.inputs[0], data: undefined, parameters }] }, data)
      Object.assign(init.headers!, headers)
      const answer = await server.ask(INFER, init)
      expect(answer.status).to.equal(400)
      return (await answer.json()).error
    }
    expect(await ask(7, binary)).to.match(
      /^image\.parameters\.binary_data_size: expected the \d+ bytes after/,
    )
    const cut = binary.subarray(0, -1)
    expect(await ask(cut.length, cut)).to.equal("image: element 0 is longer than the tensor's binary data")
    expect(await ask(2, binary.subarray(0, 2))).to.match(/^image: element 0 is longer/)
    const header = { 'Inference-Header-Content-Length': '999999' }
    expect(await ask(1, binary, header)).to.match(/^Inference-Header-Content-Length: expected at most/)
  })

  it('answers damaged requests with a status below 500', async () => {
    const parameters = { binary_data_size: photo.length + 4 }
    const json = { ...request, inputs: [{ ...request.inputs[0], data: undefined, parameters }] }
    const init = binaryRequest(json, bytesElement(photo))
    const random = randomSource(7)
    for (let i = 0; i < 60; i++) {
      const body = (init.body as Uint8Array<ArrayBuffer>).slice(
        0,
        random() < 0.2 ? random() * 3000 : undefined,
      )
      for (let changes = 1 + random() * 3; changes > 0; changes--)
        body[Math.floor(random() * (random() < 0.7 ? 200 : body.length))] = random() * 256
      const answer = await fetch(running.url + INFER, { ...init, body })
      expect(answer.status, `${i}`).to.be.oneOf([200, 400, 413])
      await answer.arrayBuffer()
    }
  })

  it('knows neither other models nor other versions', async () => {
    for (const path of ['/v2/models/none', '/v2/models/scenes/versions/2', '/v2/models/..%2F..%2Fetc'])
      expect((await server.ask(path)).status, path).to.equal(404)
    expect((await server.ask('/v2/models/none/ready')).status).to.equal(400)
    expect((await server.ask('/v2/models/none/infer', post(request))).status).to.equal(404)
  })

  it("gives the mask of bird's photo as the command does", async function () {
    const bird = sharedFile(this, 'photos/bird.png')
    const bytes = await sharp(bird).png().toBuffer()
    const expected = (await running.model.segment(bird)).mask
    const inputs = [{ ...request.inputs[0], data: [base64(bytes)] }]
    const { outputs } = await server.json(INFER, post({ inputs }))
    expect(outputs[0].shape).to.deep.equal([1, 513, 513])
    expect(Buffer.from(outputs[0].data).equals(expected)).to.equal(true)
  })
})

const base64 = (bytes: Buffer) => bytes.toString('base64')
