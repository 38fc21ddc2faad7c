// The routes of the Open Inference Protocol, version 2, over HTTP.

import type { FastifyInstance } from 'fastify'
import { readInferRequest } from './infer_request.ts'
import { inferAnswer, runsOf } from './infer_response.ts'
import { segmentRequest } from './photos_request.ts'
import { type ServedModel, VERSION } from './served_models.ts'
import type { Service } from './service.ts'
import { inTurns } from './turns.ts'

interface ModelPath {
  model: string
  version?: string
}

const MODEL = '/v2/models/:model'
const MODEL_VERSION = `${MODEL}/versions/:version`

/** With the binary data extension, which is named in the server's metadata. */
export function addProtocolRoutes(app: FastifyInstance, service: Service): void {
  const { models, version } = service
  app.get('/v2', async () => ({
    name: 'atrous',
    version,
    extensions: ['binary_tensor_data', 'model_repository', 'parameters'],
  }))
  app.get('/v2/health/live', { config: { isOpen: true } }, async () => ({ live: true }))
  app.get('/v2/health/ready', { config: { isOpen: true } }, async (_, reply) => {
    const ready = service.isReady()
    return reply.code(ready ? 200 : 400).send({ live: true, ready })
  })
  for (const path of [MODEL, MODEL_VERSION]) {
    app.get<{ Params: ModelPath }>(path, async ({ params }) =>
      metadataOf(models.get(params.model, params.version)),
    )
    app.get<{ Params: ModelPath }>(
      `${path}/ready`,
      { config: { isOpen: true } },
      async ({ params }, reply) => {
        const { model: name } = params
        const ready = service.isReady() && models.ready.some(each => each.name === name)
        return reply.code(ready ? 200 : 400).send({ name, ready })
      },
    )
    addInferRoute(app, `${path}/infer`, service)
  }
}

function addInferRoute(app: FastifyInstance, path: string, service: Service): void {
  app.post<{ Params: ModelPath; Body?: Buffer }>(
    path,
    { config: { isWork: true } },
    async (request, reply) => {
      const { scope, params, headers } = request
      const served = service.models.get(params.model, params.version)
      const jsonLength = headers['inference-header-content-length']
      const asked = await readInferRequest(request.body ?? Buffer.alloc(0), {
        jsonLength: jsonLength as string | undefined,
        checkPhotos: photos => service.places.check(photos),
      })
      const results = await segmentRequest(service, served, {
        ...{ photos: asked.photos, options: asked.options, outputs: runsOf(asked), scope },
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
