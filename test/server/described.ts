// Requests whose answers are compared with the server's own description.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { expect } from 'chai'

interface Description {
  paths: Record<string, Record<string, Operation>>
}

interface Operation {
  requestBody?: { required: boolean }
  responses: Record<string, { content?: Record<string, unknown> }>
}

// biome-ignore lint/suspicious/noExplicitAny: the tests say what is in it
type Json = any

export interface Described {
  description: Description
  /** Sends a request. Fails if the description has no such route, status or type, or another schema of the JSON. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** The JSON of an answer with the status 200. */
  json(path: string, init?: RequestInit): Promise<Json>
}

export async function describedServer(url: string): Promise<Described> {
  const description: Description = await (await fetch(`${url}/openapi.json`)).json()
  const ajv = new Ajv2020({ strict: false, formats: { binary: true } })
  ajv.addSchema(description, 'api')
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, init)
    const route = routeOf(description, path.split('?')[0].replace(/\/$/, ''))
    const method = (init.method ?? 'GET').toLowerCase()
    const { responses } = description.paths[route][method]
    expect(Object.keys(responses), `${method} ${route}`).to.include(String(answer.status))
    await compare(ajv, { answer, pointer: ['paths', route, method, 'responses', String(answer.status)] })
    return answer
  }
  return {
    description,
    ask,
    async json(path, init) {
      const answer = await ask(path, init)
      const found = await answer.json()
      expect(answer.status, JSON.stringify(found)).to.equal(200)
      return found
    },
  }
}

/** `/v2/models/{model}` for `/v2/models/scenes`. A path without parameters comes first. */
function routeOf({ paths }: Description, path: string): string {
  const fits = (route: string) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`).test(path)
  const route = Object.keys(paths).find(fits)
  expect(route, path).to.be.a('string')
  return route!
}

async function compare(
  ajv: Ajv2020,
  { answer, pointer }: { answer: Response; pointer: string[] },
): Promise<void> {
  const [type] = answer.headers.get('content-type')!.split(';')
  const where = [...pointer, 'content', type]
  const escaped = where.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
  if (type === 'application/octet-stream') return
  const validate = ajv.getSchema(`api#/${escaped.join('/')}/schema`) as ValidateFunction | undefined
  expect(validate, where.join(' ')).to.be.a('function')
  if (type !== 'application/json') return
  const isValid = validate!(await answer.clone().json())
  expect(isValid, `${where.join(' ')}: ${ajv.errorsText(validate!.errors)}`).to.equal(true)
}
