// The routes of the Open Inference Protocol, version 2, over HTTP, and of Triton's model repository extension, which lists, loads and unloads
// models by name.

import type { FastifyInstance } from 'fastify'
import * as v from 'valibot'
import { inTurns, requestJson } from './bounded_json.ts'
import { inferAnswer, readInferRequest, runsOf } from './infer.ts'
import { BINARY, json, NOT_READY, optionalBody, REFUSALS, ref, string } from './openapi.ts'
import { segmentRequest } from './photos_request.ts'
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
