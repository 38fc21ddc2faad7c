// POST /segment, for people: a photo in the body, a picture or JSON back.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { checkOptionValues, oneOfTexts, shown } from '../options.ts'
import { BINARY, OPTION_PARAMETERS, REFUSALS, ref, refused, string } from './openapi.ts'
import { type PhotoResult, segmentRequest } from './photos_request.ts'
import { RequestError } from './request_error.ts'
import { segmentParameters } from './segment_parameters.ts'
import type { ServedModel } from './served_models.ts'
import type { Service } from './service.ts'

/** What the answer holds. */
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
