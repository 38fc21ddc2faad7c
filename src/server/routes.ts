// The routes: the Open Inference Protocol, version 2, over HTTP; Triton's model repository extension, which lists, loads and unloads models by
// name; and POST /segment for people, a photo in the body and a picture or JSON back.

import type { FastifyInstance, FastifyReply } from 'fastify'
import * as v from 'valibot'
import { checkOptionValues, oneOfTexts, shown } from '../options.ts'
import { inTurns, requestJson } from './bounded_json.ts'
import { inferAnswer, readInferRequest, runsOf } from './infer.ts'
import {
  BINARY,
  json,
  NOT_READY,
  OPTION_PARAMETERS,
  optionalBody,
  REFUSALS,
  ref,
  refused,
  string,
} from './openapi.ts'
import { type PhotoResult, segmentParameters, segmentRequest } from './photos_request.ts'
import { RequestError } from './request.ts'
import { type ServedModel, VERSION } from './served_models.ts'
import type { Service } from './service.ts'

interface ModelPath {
  model: string
  version?: string
}

const MODEL = '/v2/models/:model'
const MODEL_VERSION = `${MODEL}/versions/:version`

const MODEL_AND_VERSION = { model: string, version: { ...string, enum: [VERSION] } }

const SERVER = { summary: 'Server metadata', response: { 200: json('server') } }
const LIVE = { summary: 'Server live', response: { 200: json('live') } }
const READY = { summary: 'Server ready', response: { 200: json('live'), 400: NOT_READY } }
const METADATA = { summary: 'Model metadata', response: { 200: json('model'), 404: REFUSALS[404] } }
const MODEL_READY = { summary: 'Model ready', response: { 200: json('model_ready'), 400: NOT_READY } }
const INFER = {
  summary: 'Inference',
  description:
    'With binary data after the JSON, the header Inference-Header-Content-Length has the length of the JSON.',
  body: {
    content: {
      'application/json': { schema: ref('inference_request') },
      'application/octet-stream': BINARY,
    },
  },
  response: {
    200: {
      ...json('inference_response', 'The tensors; with binary data, after the JSON.'),
      headers: { 'Inference-Header-Content-Length': { type: 'integer' } },
    },
    ...REFUSALS,
  },
}

/** With the binary data extension, which is named in the server's metadata. */
export function addProtocolRoutes(app: FastifyInstance, service: Service): void {
  const { models, version } = service
  app.get('/v2', { schema: SERVER }, async () => ({
    name: 'atrous',
    version,
    extensions: ['binary_tensor_data', 'model_repository', 'parameters'],
  }))
  app.get('/v2/health/live', { config: { isOpen: true }, schema: LIVE }, async () => ({ live: true }))
  app.get('/v2/health/ready', { config: { isOpen: true }, schema: READY }, async (_, reply) => {
    const ready = service.isReady()
    return reply.code(ready ? 200 : 400).send({ live: true, ready })
  })
  for (const path of [MODEL, MODEL_VERSION]) {
    const params = { type: 'object', properties: path === MODEL ? { model: string } : MODEL_AND_VERSION }
    app.get<{ Params: ModelPath }>(path, { schema: { ...METADATA, params } }, async ({ params }) =>
      metadataOf(models.get(params.model, params.version)),
    )
    app.get<{ Params: ModelPath }>(
      `${path}/ready`,
      { config: { isOpen: true }, schema: { ...MODEL_READY, params } },
      async ({ params }, reply) => {
        const { model: name } = params
        const ready = service.isReady() && models.ready.some(each => each.name === name)
        return reply.code(ready ? 200 : 400).send({ name, ready })
      },
    )
    addInferRoute(app, { path: `${path}/infer`, params }, service)
  }
}

function addInferRoute(
  app: FastifyInstance,
  { path, params }: { path: string; params: object },
  service: Service,
): void {
  app.post<{ Params: ModelPath; Body?: Buffer }>(
    path,
    { config: { isWork: true }, schema: { ...INFER, params } },
    async (request, reply) => {
      const { scope, params, headers } = request
      const served = service.models.get(params.model, params.version)
      const jsonLength = headers['inference-header-content-length']
      const asked = await readInferRequest(request.body ?? Buffer.alloc(0), {
        jsonLength: jsonLength as string | undefined,
        checkPhotos: photos => service.queue.check(photos),
      })
      const results = await segmentRequest(service, served, {
        photos: asked.photos,
        options: asked.options,
        outputs: runsOf(asked),
        scope,
      })
      const answer = await scope.measure('encode', () => inTurns(inferAnswer(asked, served, results)))
      if (answer.jsonLength === undefined) return reply.type('application/json').send(answer.body)
      return reply
        .header('Inference-Header-Content-Length', answer.jsonLength)
        .type('application/octet-stream')
        .send(answer.body)
    },
  )
}

/** Sizes that differ from photo to photo are −1, as the protocol says. */
function metadataOf({ name, model }: ServedModel) {
  const scores = [-1, -1, -1, model.config.classes]
  return {
    name,
    versions: [VERSION],
    platform: 'atrous_webgpu',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
    outputs: [
      { name: 'mask', datatype: 'UINT8', shape: [-1, -1, -1] },
      { name: 'probabilities', datatype: 'FP32', shape: scores },
      { name: 'logits', datatype: 'FP32', shape: scores },
    ],
  }
}

interface ModelName {
  model: string
}

const INDEX = v.object({ ready: v.optional(v.boolean(), false) })

const CHANGE = v.strictObject({
  parameters: v.optional(v.strictObject({ unload_dependents: v.optional(v.boolean()) })),
})

export function addRepositoryRoutes(app: FastifyInstance, { models }: Service): void {
  const index = {
    summary: 'Which models there are',
    ...optionalBody(INDEX),
    response: { 200: json({ type: 'array', items: ref('model_status') }), 400: REFUSALS[400] },
  }
  app.post<{ Body?: Buffer }>('/v2/repository/index', { schema: index }, async ({ body }) => {
    const { ready } = await read(INDEX, body)
    const index = await models.index()
    return ready ? index.filter(({ state }) => state === 'READY') : index
  })
  const path = '/v2/repository/models/:model'
  app.post<Change>(`${path}/load`, { schema: changing('Load a model, or load it again') }, async request => {
    await read(CHANGE, request.body)
    await models.load(request.params.model)
    return {}
  })
  app.post<Change>(`${path}/unload`, { schema: changing('Unload a model') }, async request => {
    await read(CHANGE, request.body)
    await models.unload(request.params.model)
    return {}
  })
}

interface Change {
  Params: ModelName
  Body?: Buffer
}

const changing = (summary: string) => ({
  summary,
  ...optionalBody(CHANGE),
  response: { 200: json({ type: 'object' }, 'Done.'), 400: REFUSALS[400], 404: REFUSALS[404] },
})

/** The body may be empty. */
const read = <Schema extends v.GenericSchema>(schema: Schema, body: Buffer | undefined) =>
  requestJson(schema, body && body.length > 0 ? body : Buffer.from('{}'))

/** The kinds of an answer. */
const ANSWER = oneOfTexts('mask', 'overlay', 'json')

type Answer = (typeof ANSWER.schema.options)[number]

const SCHEMA = {
  summary: 'A photo in, a picture or JSON out',
  description: 'The photo is a JPEG, PNG, WebP, AVIF, TIFF or GIF.',
  querystring: {
    type: 'object',
    properties: {
      model: { ...string, description: 'Default: the first one.' },
      output: { ...string, enum: ANSWER.schema.options },
      ...OPTION_PARAMETERS,
    },
  },
  body: { content: { 'image/*': BINARY, 'application/octet-stream': BINARY } },
  response: {
    200: {
      description: 'A palette PNG of class ids, an overlay, or the classes.',
      content: { 'image/png': BINARY, 'application/json': { schema: ref('segmentation') } },
    },
    406: refused('Neither of them is accepted.'),
    ...REFUSALS,
  },
}

type Query = Record<string, string | string[] | undefined> & { model?: string; output?: Answer }

export function addSegmentRoute(app: FastifyInstance, service: Service): void {
  app.post<{ Querystring: Query; Body?: Buffer }>(
    '/segment',
    { config: { isWork: true }, schema: SCHEMA },
    async (request, reply) => {
      const { query, scope } = request
      const answer = answerOf(query.output, request.headers.accept)
      const options = segmentParameters(query, { model: true, output: true })
      const photos = [request.body ?? Buffer.alloc(0)]
      const served = query.model === undefined ? firstOf(service) : service.models.get(query.model)
      const [result] = await segmentRequest(service, served, { photos, options, outputs: ['mask'], scope })
      return scope.measure('encode', () => send(reply, answer, { service, served, result }))
    },
  )
}

function firstOf({ models }: Service): ServedModel {
  const [first] = models.ready
  if (!first) throw new RequestError('no model is loaded', { status: 503, retryAfter: 1 })
  return first
}

async function send(
  reply: FastifyReply,
  answer: Answer,
  { service, served, result }: { service: Service; served: ServedModel; result: PhotoResult },
) {
  const { image, found } = result
  const [{ mask, width, height, classes }] = found
  if (answer === 'json') return reply.send({ model: served.name, width, height, classes })
  const labelled = { mask, width, height, classes }
  const job = answer === 'mask' ? { kind: answer, labelled } : { kind: answer, labelled, image }
  return reply.type('image/png').send(Buffer.from(await service.encoder.encode(job)))
}

/** `output` decides, else what the client accepts: a PNG of the mask if it accepts anything. */
function answerOf(output: Query['output'], accept = '*/*'): Answer {
  checkOptionValues({ output }, { output: ANSWER })
  if (output) return output
  const png = quality(accept, 'image', 'png')
  const json = quality(accept, 'application', 'json')
  if (png === 0 && json === 0)
    throw new RequestError(`Accept: expected image/png or application/json, got ${shown(accept)}`, {
      status: 406,
    })
  return json > png ? 'json' : 'mask'
}

/** How much a client wants a type, from 0 to 1. The range that names the type most exactly counts (RFC 9110, section 12.5.1). */
function quality(accept: string, type: string, subtype: string): number {
  const ranges = new Map<string, number>()
  for (const range of accept.split(',')) {
    const [name, ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const given = parameters.find(parameter => parameter.startsWith('q='))
    ranges.set(name, given === undefined ? 1 : Number(given.slice(2)) || 0)
  }
  return ranges.get(`${type}/${subtype}`) ?? ranges.get(`${type}/*`) ?? ranges.get('*/*') ?? 0
}
