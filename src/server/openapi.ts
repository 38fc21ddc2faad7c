// The description of the routes, as GET /openapi.json gives it. A test sends requests and compares the answers with it.

import { toJsonSchema } from '@valibot/to-json-schema'
import { OPTION_TEXTS, REFINED_OPTIONS } from '../inference/inference_options.ts'
import { expectedText, type RefinedOption } from '../inference/option_texts.ts'
import type { Declared } from '../options.ts'
import { SEGMENT_PARAMETERS } from './photos_request.ts'
import type { ServerLimits } from './server_options.ts'

type Json = Record<string, unknown>

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

const json = (schema: Json, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

const binary = { schema: { type: 'string', format: 'binary' } }

const refused = (description: string) => json(ref('error'), description)

const REFUSALS = {
  400: refused('A wrong field; the text names it.'),
  401: refused('No token, or a wrong one.'),
  403: refused("From a page of another site, or by a name that is not this server's."),
  404: refused('No such model.'),
  408: refused('The body comes too slowly.'),
  413: refused('Too large or too many: body, values in it, photos or answer.'),
  415: refused('A compressed body, or a type that a form of any page can send.'),
  503: {
    ...refused('The queue is full, a model loads, or the server shuts down.'),
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
  },
  504: refused('No result in time.'),
}

const text = (name: string, where: string, more: Json = {}) => ({
  ...{ name, in: where, required: where === 'path', schema: { type: 'string' }, ...more },
})

const MODEL = text('model', 'path')
const VERSION = text('version', 'path', { schema: { type: 'string', enum: ['1'] } })

/** An option of `segment` as a parameter. A list is a text with commas, in a URL as in the protocol. */
function parameterOf(option: RefinedOption): Json {
  const { about, byDefault, example, preset, read } = OPTION_TEXTS[option]
  const { schema }: Declared = REFINED_OPTIONS[option]
  const isText = read !== undefined || schema.type === 'array'
  const { $schema: _, ...values } = isText ? { type: 'string' } : (toJsonSchema(schema) as Json)
  const words = [about, isText && `: ${expectedText(option)}`, byDefault && ` (default: ${byDefault})`]
  return {
    ...(preset === undefined ? values : { type: ['string', 'boolean'] }),
    description: words.filter(word => word).join(''),
    ...(example !== undefined && { examples: [example] }),
  }
}

const OPTIONS = Object.fromEntries(
  [...SEGMENT_PARAMETERS].map(([name, option]) => [name, parameterOf(option)]),
)

const QUERY = Object.entries(OPTIONS).map(([name, schema]) => text(name, 'query', { schema }))

const SEGMENT = {
  summary: 'A photo in, a picture or JSON out',
  parameters: [
    text('model', 'query', { description: 'Default: the first one.' }),
    text('output', 'query', { schema: { type: 'string', enum: ['mask', 'overlay', 'json'] } }),
    ...QUERY,
  ],
  requestBody: {
    required: true,
    description: 'JPEG, PNG, WebP, AVIF, TIFF or GIF.',
    content: { 'image/*': binary, 'application/octet-stream': binary },
  },
  responses: {
    200: {
      description: 'A palette PNG of class ids, an overlay, or the classes.',
      content: { 'image/png': binary, 'application/json': { schema: ref('segmentation') } },
    },
    406: refused('Neither of them is accepted.'),
    ...REFUSALS,
  },
}

const INFER = {
  summary: 'Inference',
  requestBody: {
    required: true,
    description:
      'With binary data after the JSON, the header Inference-Header-Content-Length has the length of the JSON.',
    content: { 'application/json': { schema: ref('inference_request') }, 'application/octet-stream': binary },
  },
  responses: {
    200: {
      ...json(ref('inference_response'), 'The tensors; with binary data, after the JSON.'),
      headers: { 'Inference-Header-Content-Length': { schema: { type: 'integer' } } },
    },
    ...REFUSALS,
  },
}

const get = (summary: string, schema: Json, others: Json = {}) => ({
  get: { summary, responses: { 200: json(schema, 'OK'), ...others } },
})

const change = (summary: string) => ({
  parameters: [MODEL],
  post: {
    summary,
    requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
    responses: { 200: json({ type: 'object' }, 'Done.'), 400: REFUSALS[400], 404: REFUSALS[404] },
  },
})

const NOT_READY = { 400: json({ type: 'object' }, 'Not ready.') }

const MODEL_PATHS = (path: string, parameters: Json[]) => ({
  [path]: { parameters, ...get('Model metadata', ref('model'), { 404: REFUSALS[404] }) },
  [`${path}/ready`]: { parameters, ...get('Model ready', ref('model_ready'), NOT_READY) },
  [`${path}/infer`]: { parameters, post: INFER },
})

const PATHS = {
  '/segment': { post: SEGMENT },
  '/v2': get('Server metadata', ref('server')),
  '/v2/health/live': get('Server live', ref('live')),
  '/v2/health/ready': get('Server ready', ref('live'), NOT_READY),
  ...MODEL_PATHS('/v2/models/{model}', [MODEL]),
  ...MODEL_PATHS('/v2/models/{model}/versions/{version}', [MODEL, VERSION]),
  '/v2/repository/index': {
    post: {
      summary: 'Which models there are',
      requestBody: {
        content: {
          'application/json': { schema: { type: 'object', properties: { ready: { type: 'boolean' } } } },
        },
      },
      responses: { 200: json({ type: 'array', items: ref('model_status') }, 'OK'), 400: REFUSALS[400] },
    },
  },
  '/v2/repository/models/{model}/load': change('Load a model, or load it again'),
  '/v2/repository/models/{model}/unload': change('Unload a model'),
  '/': {
    get: {
      summary: 'A page for people',
      responses: { 200: { description: 'OK', content: { 'text/html': { schema: { type: 'string' } } } } },
    },
  },
  '/metrics': {
    get: {
      summary: 'Metrics for Prometheus',
      responses: { 200: { description: 'OK', content: { 'text/plain': { schema: { type: 'string' } } } } },
    },
  },
  '/openapi.json': get('This description', { type: 'object' }),
}

const string = { type: 'string' }
const strings = { type: 'array', items: string }
const integers = { type: 'array', items: { type: 'integer' } }
const boolean = { type: 'boolean' }

/** An object whose fields are all required, but for those in `optional`. */
const object = (properties: Record<string, Json>, optional: Record<string, Json> = {}) => ({
  ...{ type: 'object', properties: { ...properties, ...optional }, required: Object.keys(properties) },
})

const PARAMETERS = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const TENSOR = { name: string, datatype: string, shape: integers }
const DATA = { data: { type: 'array' }, parameters: PARAMETERS }

const SCHEMAS = {
  error: object({ error: string }),
  live: object({ live: boolean }, { ready: boolean }),
  server: object({ name: string, version: string, extensions: strings }),
  tensor: object(TENSOR),
  model: object({
    ...{ name: string, versions: strings, platform: string },
    ...{ inputs: { type: 'array', items: ref('tensor') }, outputs: { type: 'array', items: ref('tensor') } },
  }),
  model_ready: object({ name: string, ready: boolean }),
  model_status: object({
    ...{ name: string, version: string, reason: string },
    state: { type: 'string', enum: ['READY', 'LOADING', 'UNLOADING', 'UNAVAILABLE'] },
  }),
  inference_request: object(
    { inputs: { type: 'array', items: object(TENSOR, DATA) } },
    {
      id: string,
      parameters: {
        type: 'object',
        properties: { ...OPTIONS, binary_data_output: boolean },
        additionalProperties: false,
      },
      outputs: {
        type: 'array',
        items: object(
          { name: { type: 'string', enum: ['mask', 'probabilities', 'logits'] } },
          { parameters: object({}, { binary_data: boolean }) },
        ),
      },
    },
  ),
  inference_response: object(
    { model_name: string, model_version: string, outputs: { type: 'array', items: object(TENSOR, DATA) } },
    { id: string },
  ),
  class: object({ id: { type: 'integer' }, name: string, colour: integers, share: { type: 'number' } }),
  segmentation: object({
    ...{ model: string, width: { type: 'integer' }, height: { type: 'integer' } },
    classes: { type: 'array', items: ref('class') },
  }),
}

/** OpenAPI 3.1. */
export function openApi(
  limits: ServerLimits,
  { version, hasToken }: { version: string; hasToken: boolean },
): Json {
  const { maxBodyBytes, maxPixels } = limits
  return {
    openapi: '3.1.0',
    info: {
      ...{ title: 'Atrous', version },
      description: `Semantic segmentation by the Open Inference Protocol, version 2, and by POST /segment. A body has at most ${maxBodyBytes} bytes, a photo at most ${maxPixels} pixels.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: PATHS,
    components: {
      schemas: SCHEMAS,
      ...(hasToken && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
    ...(hasToken && { security: [{ token: [] }] }),
  }
}
