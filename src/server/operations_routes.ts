// The routes for those who run the server: a page to begin with, metrics, and the description of all routes.

import type { FastifyInstance } from 'fastify'
import { json, string } from './openapi.ts'
import type { Service } from './service.ts'
import { startPage } from './start_page.ts'

export function addOperationsRoutes(app: FastifyInstance, service: Service): void {
  const { metrics, version, hasToken, models } = service
  const page = { summary: 'A page for people', response: { 200: text('text/html') } }
  app.get('/', { config: { isOpen: true }, schema: page }, async ({ host }, reply) => {
    const names = hasToken ? [] : models.ready.map(({ name }) => name)
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'")
      .send(startPage({ host, version, models: names, hasToken }))
  })
  const prometheus = { summary: 'Metrics for Prometheus', response: { 200: text('text/plain') } }
  app.get('/metrics', { schema: prometheus }, async (_, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
  const description = { summary: 'This description', response: { 200: json({ type: 'object' }) } }
  app.get('/openapi.json', { schema: description }, async () => app.swagger())
}

const text = (type: string) => ({ description: 'OK', content: { [type]: { schema: string } } })
