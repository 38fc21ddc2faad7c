// The routes of Triton's model repository extension: which models there are, and loading and unloading them by name.

import type { FastifyInstance } from 'fastify'
import * as v from 'valibot'
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
  app.post<{ Body?: Buffer }>('/v2/repository/index', async ({ body }) => {
    const { ready } = await read(INDEX, body)
    const index = await models.index()
    return ready ? index.filter(({ state }) => state === 'READY') : index
  })
  app.post<{ Params: ModelName; Body?: Buffer }>('/v2/repository/models/:model/load', async request => {
    await read(CHANGE, request.body)
    await models.load(request.params.model)
    return {}
  })
  app.post<{ Params: ModelName; Body?: Buffer }>('/v2/repository/models/:model/unload', async request => {
    await read(CHANGE, request.body)
    await models.unload(request.params.model)
    return {}
  })
}

/** The body may be empty. */
const read = <Schema extends v.GenericSchema>(schema: Schema, body: Buffer | undefined) =>
  requestJson(schema, body && body.length > 0 ? body : Buffer.from('{}'))
