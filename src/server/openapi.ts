// The description of the routes, as GET /openapi.json gives it: each route has its schema beside it, and here is what they share. A test
// sends requests and compares the answers with the description.

import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { toJsonSchema } from '@valibot/to-json-schema'
import type { FastifyInstance } from 'fastify'
import type * as v from 'valibot'
import { OPTION_TEXTS, OUTPUT_OPTIONS, REFINED_OPTIONS } from '../inference/inference_options.ts'
import { expectedText, type RefinedOption } from '../inference/option_texts.ts'
import type { Declared } from '../options.ts'
import { SEGMENT_PARAMETERS } from './photos_request.ts'
import type { ServerLimits } from './server_options.ts'

type Json = Record<string, unknown>

type Document = Extract<
  Parameters<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>[0],
  { openapiObject: unknown }
>['openapiObject']

/** One of `SCHEMAS`. */
export const ref = (name: keyof typeof SCHEMAS): Json => ({ $ref: `${name}#` })

/** An answer in JSON. */
export const json = (schema: Json | keyof typeof SCHEMAS, description = 'OK'): Json => ({
  description,
  content: { 'application/json': { schema: typeof schema === 'string' ? ref(schema) : schema } },
})

export const BINARY = { schema: { type: 'string', format: 'binary' } }

export const refused = (description: string): Json => json('error', description)

export const REFUSALS = {
  400: refused('A wrong field; the text names it.'),
  401: refused('No token, or a wrong one.'),
  403: refused("From a page of another site, or by a name that is not this server's."),
  404: refused('No such model.'),
  408: refused('The body comes too slowly.'),
  413: refused('Too large or too many: body, values in it, photos or answer.'),
  415: refused('A compressed body, or a type that a form of any page can send.'),
  503: {
    ...refused('The queue is full, a model loads, or the server shuts down.'),
    headers: { 'Retry-After': { type: 'integer', description: 'Seconds.' } },
  },
  504: refused('No result in time.'),
}

export const NOT_READY = json({ type: 'object' }, 'Not ready.')

const OPTIONAL_BODY = 'x-optional-body'

/** A body of JSON that this schema reads, or none. */
export const optionalBody = (schema: v.GenericSchema): Json => {
  const { $schema: _, ...found } = toJsonSchema(schema, { typeMode: 'input' }) as Json
  return { body: { content: { 'application/json': { schema: found } } }, [OPTIONAL_BODY]: true }
}

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

/** The options of `segment`, in a URL as in the parameters of the protocol. */
export const OPTION_PARAMETERS: Json = Object.fromEntries(
  [...SEGMENT_PARAMETERS].map(([name, option]) => [name, parameterOf(option)]),
)

export const string = { type: 'string' }
const strings = { type: 'array', items: string }
const integers = { type: 'array', items: { type: 'integer' } }
const boolean = { type: 'boolean' }

/** An object whose fields are all required, but for those in `optional`. */
const object = (properties: Record<string, Json>, optional: Record<string, Json> = {}) => ({
  type: 'object',
  properties: { ...properties, ...optional },
  required: Object.keys(properties),
})

const TENSOR = { name: string, datatype: string, shape: integers }
const DATA = {
  data: { type: 'array' },
  parameters: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
}

const SCHEMAS = {
  error: object({ error: string }),
  live: object({ live: boolean }, { ready: boolean }),
  server: object({ name: string, version: string, extensions: strings }),
  model: object({
    name: string,
    versions: strings,
    platform: string,
    inputs: { type: 'array', items: object(TENSOR) },
    outputs: { type: 'array', items: object(TENSOR) },
  }),
  model_ready: object({ name: string, ready: boolean }),
  model_status: object({
    name: string,
    version: string,
    reason: string,
    state: { type: 'string', enum: ['READY', 'LOADING', 'UNLOADING', 'UNAVAILABLE'] },
  }),
  inference_request: object(
    { inputs: { type: 'array', items: object(TENSOR, DATA) } },
    {
      id: string,
      parameters: {
        type: 'object',
        properties: { ...OPTION_PARAMETERS, binary_data_output: boolean },
        additionalProperties: false,
      },
      outputs: {
        type: 'array',
        items: object(
          { name: { type: 'string', enum: OUTPUT_OPTIONS.output.schema.options } },
          { parameters: object({}, { binary_data: boolean }) },
        ),
      },
    },
  ),
  inference_response: object(
    { model_name: string, model_version: string, outputs: { type: 'array', items: object(TENSOR, DATA) } },
    { id: string },
  ),
  segmentation: object({
    model: string,
    width: { type: 'integer' },
    height: { type: 'integer' },
    classes: {
      type: 'array',
      items: object({ id: { type: 'integer' }, name: string, colour: integers, share: { type: 'number' } }),
    },
  }),
}

/**
 * Collects the schemas of the routes that are added in a plugin of their own. They only describe: the routes read bodies and parameters
 * themselves, within limits, and name what is wrong.
 */
export function describeRoutes(
  app: FastifyInstance,
  { maxBodyBytes, maxPixels }: ServerLimits,
  { version, hasToken }: { version: string; hasToken: boolean },
): void {
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  for (const [$id, schema] of Object.entries(SCHEMAS)) app.addSchema({ $id, ...schema })
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Atrous',
        version,
        description: `Semantic segmentation by the Open Inference Protocol, version 2, and by POST /segment. A body has at most ${maxBodyBytes} bytes, a photo at most ${maxPixels} pixels.`,
        license: { name: 'MIT', identifier: 'MIT' } as never,
      },
      ...(hasToken && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      }),
    },
    refResolver: { buildLocalReference: ({ $id }) => $id as string },
    transformObject: found => ('openapiObject' in found ? withOptionalBodies(found.openapiObject) : {}),
  })
}

/** The plugin says of every body that it is required. */
function withOptionalBodies(description: Document): Document {
  for (const path of Object.values(description.paths ?? {}))
    for (const operation of [path?.get, path?.post])
      if (operation?.requestBody && OPTIONAL_BODY in operation) {
        delete operation[OPTIONAL_BODY]
        Object.assign(operation.requestBody, { required: false })
      }
  return description
}
