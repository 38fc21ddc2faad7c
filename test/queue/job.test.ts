import { readFileSync } from 'node:fs'
import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import type * as v from 'valibot'
import { REFINED_OPTIONS } from '../../src/inference/inference_options.ts'
import { BadJobError, parseJob } from '../../src/queue/job.ts'
import { rejects } from '../support/rejects.ts'

const paths = { input: 'photos/a.jpg', output: 'masks/a' }

const GOOD: [title: string, job: unknown][] = [
  ['paths alone', paths],
  ['objects of S3', { input: 's3://photos/a b.jpg', output: 's3://masks/a b' }],
  [
    "a CRF's own parameters",
    {
      ...paths,
      options: {
        crf: { posW: 3, posXy: 1, biW: 4, biXy: 67, biRgb: 3, iterations: 5 },
        ...{ mask: true, overlay: true },
      },
    },
  ],
  [
    'every option',
    {
      ...paths,
      options: {
        ...{ outputStride: 8, scales: [0.5, 1], flip: true, merge: 'mean', size: 257, crf: 'v2' },
        ...{ mask: true, overlay: false },
      },
    },
  ],
]

const BAD: [title: string, job: unknown, message: RegExp][] = [
  ['nothing', undefined, /^job: .*expected an object/],
  ['a text', '{}', /^job: expected an object; got "{}"$/],
  ['no input', { output: 'a' }, /^job: input: missing/],
  ['an empty input', { ...paths, input: '' }, /^job: input: expected a length of at least 1/],
  [
    'a long output',
    { ...paths, output: 'a'.repeat(2049) },
    /^job: output: expected a length of at most 2048/,
  ],
  ['a number as output', { ...paths, output: 3 }, /^job: output: expected text; got 3$/],
  ['an unknown field', { ...paths, overwrite: true }, /^job: overwrite: there is no such field$/],
  [
    'an unknown option',
    { ...paths, options: { stride: 8 } },
    /^job: options\.stride: there is no such field$/,
  ],
  [
    'text as a number',
    { ...paths, options: { size: '65' } },
    /^job: options\.size: expected a number of pixels from 1 to 16384; got "65"$/,
  ],
  [
    'an unknown merge',
    { ...paths, options: { merge: 'min' } },
    /^job: options\.merge: expected mean or max; got "min"$/,
  ],
  [
    'an unknown CRF',
    { ...paths, options: { crf: 'v3' } },
    /^job: options\.crf: expected default, v1, v2, v2-vgg/,
  ],
  [
    'a CRF without a parameter',
    { ...paths, options: { crf: { posW: 3, posXy: 1, biW: 4, biXy: 67 } } },
    /^job: options\.crf: expected default, v1, v2, v2-vgg or an object of parameters; got {"posW":3/,
  ],
  [
    'half an output stride',
    { ...paths, options: { outputStride: 8.5 } },
    /^job: options\.outputStride: expected a whole number above 0; got 8.5$/,
  ],
  [
    'a scale that is too large',
    { ...paths, options: { scales: [1, 5] } },
    /^job: options\.scales: expected up to 32 factors above 0, at most 4; got \[1,5\]$/,
  ],
  [
    'no result',
    { ...paths, options: { mask: false, overlay: false } },
    /^job: options: mask and overlay are both off/,
  ],
]

describe('a job of the queue', () => {
  const page = readFileSync(new URL('../../docs/queue.md', import.meta.url), 'utf8')
  const [, schema] = /```json schema\n([\s\S]*?)```/.exec(page)!
  const isDocumented = new Ajv({ strict: true, allErrors: true }).compile(JSON.parse(schema))

  it('has the options of segment in docs/queue.md as they are declared', () => {
    const { mask, overlay, ...options } = JSON.parse(schema).properties.options.properties
    const declared = Object.entries(REFINED_OPTIONS).map(([name, { schema }]) => {
      const { $schema: _, ...values } = toJsonSchema(schema as v.GenericSchema)
      return [name, values]
    })
    expect(options).to.deep.equal(Object.fromEntries(declared))
    expect([mask, overlay]).to.deep.equal([{ type: 'boolean' }, { type: 'boolean' }])
  })

  for (const [title, job] of GOOD)
    it(`may have ${title}, as docs/queue.md says`, () => {
      expect(parseJob(job)).to.deep.include(job as object & { options?: object } as typeof paths)
      expect(isDocumented(job)).to.equal(true)
    })

  for (const [title, job, message] of BAD)
    it(`with ${title} is refused in one line, as docs/queue.md says`, async () => {
      expect((await rejects(BadJobError, () => parseJob(job))).message).to.match(message)
      expect(isDocumented(job)).to.equal(false)
    })

  it('has a mask and an overlay unless it says otherwise', () => {
    expect(parseJob(paths).options).to.deep.equal({ mask: true, overlay: true })
  })
})
