// POST /segment for people: a photo in the body, and a picture or JSON back.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { checkOptionValues, oneOfTexts, shown } from '../options.ts'
import { CUTOUT_NAMES, CUTOUT_PARAMETERS, cutoutParameters, cutoutRequest } from './cutout_request.ts'
import { BINARY, OPTION_PARAMETERS, REFUSALS, ref, refused, string } from './openapi.ts'
import { type PhotoResult, segmentParameters, segmentRequest } from './photos_request.ts'
import type { PictureJob } from './picture_encoder.ts'
import { RequestError } from './request.ts'
import type { ServedModel } from './served_models.ts'
import type { Service } from './service.ts'

/** The kinds of an answer. */
const ANSWER = oneOfTexts('mask', 'overlay', 'json', 'cutout')

type Answer = (typeof ANSWER.schema.options)[number]

const SCHEMA = {
  summary: 'A photo in, a picture or JSON out',
  description: 'The photo is a JPEG, PNG, WebP, AVIF, TIFF or GIF.',
  querystring: {
    type: 'object',
    properties: {
      model: { ...string, description: 'Default: the first one.' },
      output: { ...string, enum: ANSWER.schema.options },
      ...CUTOUT_PARAMETERS,
      ...OPTION_PARAMETERS,
    },
  },
  body: { content: { 'image/*': BINARY, 'application/octet-stream': BINARY } },
  response: {
    200: {
      description: 'A palette PNG of class ids, an overlay, the classes, or a cut-out.',
      content: {
        'image/png': BINARY,
        'image/webp': BINARY,
        'application/json': { schema: ref('segmentation') },
      },
    },
    406: refused('Neither of them is accepted.'),
    ...REFUSALS,
  },
}

type Query = Record<string, string | string[] | undefined> & { model?: string; output?: Answer }

const OWN_PARAMETERS = { model: true, output: true, ...CUTOUT_NAMES } as const

export function addSegmentRoute(app: FastifyInstance, service: Service): void {
  app.post<{ Querystring: Query; Body?: Buffer }>(
    '/segment',
    { config: { isWork: true }, schema: SCHEMA },
    async (request, reply) => {
      const { query, scope } = request
      const answer = answerOf(query.output, request.headers.accept)
      const options = segmentParameters(query, OWN_PARAMETERS)
      const photos = [request.body ?? Buffer.alloc(0)]
      const served = query.model === undefined ? firstOf(service) : service.models.get(query.model)
      const cutout = cutoutParameters(query, {
        isAsked: answer === 'cutout',
        classNames: served.model.classNames,
      })
      if (cutout) {
        const { type, picture } = await cutoutRequest(service, served, { photos, options, scope, cutout })
        return reply.type(type).send(picture)
      }
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
  const job: PictureJob =
    answer === 'mask' ? { kind: 'mask', labelled } : { kind: 'overlay', labelled, image }
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
