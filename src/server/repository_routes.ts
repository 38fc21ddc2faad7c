// The routes of Triton's model repository extension: which models there are, and loading and unloading them by name.

import type { FastifyInstance } from 'fastify'
import * as v from 'valibot'
import { json, optionalBody, REFUSALS, ref } from './openapi.ts'
import { requestJson } from './request_json.ts'
import type { Service } from './service.ts'

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
