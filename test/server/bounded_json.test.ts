// The bodies of inference requests, read within limits.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import {
  type JsonList,
  readBoundedJson,
  readListOfStrings,
  STEP_BYTES,
} from '../../src/server/bounded_json.ts'
import { readInferRequest } from '../../src/server/infer.ts'
import { readUint8s } from '../../src/server/tensors.ts'
import { hostileBodies } from './hostile_bodies.ts'

const read = (text: string) => readBoundedJson(Buffer.from(text), () => {})

/** What a generator returns, and how often it yields. */
function run<T>(work: Generator<void, T>): { result: T; steps: number } {
  for (let steps = 0; ; steps++) {
    const { done, value } = work.next()
    if (done) return { result: value, steps }
  }
}

const uint8s = (text: string) => {
  const { elements, count } = run(readUint8s(Buffer.from(text), { name: 'image', expected: 100 })).result
  return [...elements.subarray(0, count)]
}

describe('JSON within limits', () => {
  for (const text of [
    '{}',
    ' [1, "a", null, {"b": [[-1.5e3]]}] ',
    '{"data": 1, "a": {"data": "[1]"}}',
    '{"a": "\\"data\\":[", "b": "\\\\", "datas": [1], "dat": [2], "x": {"data": {"y": [3]}}}',
    '"é😀\\u00e9"',
    '[["data", [1]], ["data"]]',
  ])
    it(`is that of JSON.parse: ${text}`, async () => {
      expect(await read(text)).to.deep.equal(JSON.parse(text))
    })

  it('has the lists of fields data as text', async () => {
    const text =
      '{"a":[{"data": [1,[2]] }, {"\\u0064ata":["x\\"]","y"]}], "data" :[] , "b":"é", "c":[{"data":[0],"data":[7]}]}'
    const { a, data, b, c } = (await read(text)) as Record<string, never> & {
      a: Record<string, JsonList>[]
      c: Record<string, JsonList>[]
    }
    const textOf = (list: JsonList) => Buffer.from(list.text).toString()
    expect(textOf(a[0].data)).to.equal('[1,[2]]')
    expect(textOf(a[1].data)).to.equal('["x\\"]","y"]')
    expect(readListOfStrings(a[1].data)).to.deep.equal(['0', '1'])
    expect(textOf(data)).to.equal('[]')
    expect(b).to.equal('é')
    expect(textOf(c[0].data)).to.equal('[7]') // as JSON.parse: the last one counts
  })

  for (const text of [
    '',
    '{',
    '{"data":[1',
    '{"data":[1]]',
    '{"a":"',
    '{"data":1[2]}',
    '{"data" [2]}',
    '\\"',
  ])
    it(`refuses ${JSON.stringify(text)}`, async () => {
      const error = await read(text).catch(error => error)
      expect((error as Error).message).to.match(/^the request is not JSON/)
    })

  it('has elements from 0 to 255, in lists as JSON has them', () => {
    expect(uint8s('[]')).to.deep.equal([])
    expect(uint8s(' [ 0 , 7,\n[255 ,[10]],[ ], 1.0, 2e2, 0.5e1 ] ')).to.deep.equal([0, 7, 255, 10, 1, 200, 5])
    const refusals: [text: string, message: RegExp][] = [
      ['[256]', /got 256$/],
      ['[-1]', /got -1$/],
      ['[0.5]', /got 0\.5$/],
      ['[01]', /got 01$/],
      ['[1e99]', /got 1e99$/],
      ['[null]', /got null$/],
      ['["a"]', /got "a"$/],
      ['[[[[[1]]]]]', /expected lists in lists as the shape is, got deeper ones$/],
      ['[1 2]', /not JSON/],
      ['[1,]', /not JSON/],
      ['[,1]', /not JSON/],
      ['[1[2]]', /not JSON/],
    ]
    for (const [text, message] of refusals) expect(() => uint8s(text), text).to.throw(message)
  })

  it('is read in steps, between which the server does other work', async () => {
    const pixels = 3 * 512 * 512
    const text = JSON.stringify(Array.from({ length: pixels }, (_, i) => i % 256))
    const { result, steps } = run(readUint8s(Buffer.from(text), { name: 'image', expected: pixels }))
    expect(result.count).to.equal(pixels)
    expect(steps).to.be.at.least(Math.floor(text.length / STEP_BYTES))
    const body = Buffer.from(
      `{"inputs":[{"name":"image","datatype":"UINT8","shape":[512,512,3],"data":${text}}]}`,
    )
    let isOver = false
    const reading = readInferRequest(body, { checkPhotos: () => {} }).finally(() => {
      isOver = true
    })
    let turns = 0
    for (; !isOver; turns++) await new Promise(resolve => setImmediate(resolve))
    expect(turns).to.be.at.least(2 * steps - 2)
    expect(((await reading).photos[0] as { data: Uint8Array }).data[300]).to.equal(300 % 256)
  })

  it('has base64 with a backslash before each slash, as some writers have', async () => {
    const photo = Buffer.from(Array.from({ length: STEP_BYTES }, (_, i) => (i % 7 === 0 ? 255 : i)))
    const base64 = photo.toString('base64').replaceAll('/', '\\/')
    const body = Buffer.from(
      `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["${base64}"]}]}`,
    )
    const { photos } = await readInferRequest(body, { checkPhotos: () => {} })
    expect(photo.equals(photos[0] as Uint8Array)).to.equal(true)
  })
})

describe('requests that would fill the memory', () => {
  const BYTES = 2 ** 24
  const HEAP = 80

  it(`are refused in one line each, in a heap of ${HEAP} MB`, () => {
    const script = fileURLToPath(new URL('small_heap.ts', import.meta.url))
    const args = [`--max-old-space-size=${HEAP}`, '--import', 'tsx', script, String(BYTES)]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(
      lines.map(([name]) => name),
      stderr.slice(0, 500),
    ).to.deep.equal(hostileBodies(0).map(({ name }) => name))
    for (const [name, error, message] of lines) {
      expect(error, `${name}: ${message}`).to.be.oneOf(['UserError', 'RequestError'])
      expect(message, name).to.match(/^[^\n]{10,300}$/)
    }
  })
})
