// The routes for those who run the server: a page to begin with, metrics, and the description of all routes.

import type { FastifyInstance } from 'fastify'
import { openApi } from './openapi.ts'
import type { Service } from './service.ts'
import { startPage } from './start_page.ts'

export function addOperationsRoutes(app: FastifyInstance, service: Service): void {
  const { metrics, version, limits, hasToken, models } = service
  app.get('/', { config: { isOpen: true } }, async ({ host }, reply) => {
    const names = hasToken ? [] : models.ready.map(({ name }) => name)
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'")
      .send(startPage({ host, version, models: names, hasToken }))
  })
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  const description = JSON.stringify(openApi(limits, { version, hasToken }))
  app.get('/openapi.json', async (_, reply) => reply.type('application/json').send(description))
}
