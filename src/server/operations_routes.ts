// The routes for those who run the server: metrics, and the description of all routes.

import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'
import type { Service } from './service.ts'

export function addOperationsRoutes(
  app: FastifyInstance,
  { metrics, version, limits, hasToken }: Service,
): void {
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  const description = openApi(limits, { version, hasToken })
  app.get('/openapi.json', async () => description)
}
