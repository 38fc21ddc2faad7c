import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect } from 'chai'
import { BadJobError, parseJob } from '../../src/queue/job.ts'
import { rejects } from '../support/rejects.ts'

const paths = { input: 'photos/a.jpg', output: 'masks/a' }

const GOOD: [title: string, job: unknown][] = [
  ['paths alone', paths],
  ['objects of S3', { input: 's3://photos/a b.jpg', output: 's3://masks/a b' }],
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
    'no result',
    { ...paths, options: { mask: false, overlay: false } },
    /^job: options: mask and overlay are both off/,
  ],
]

describe('a job of the queue', () => {
  const page = readFileSync(new URL('../../docs/queue.md', import.meta.url), 'utf8')
  const [, schema] = /```json schema\n([\s\S]*?)```/.exec(page)!
  const isDocumented = new Ajv({ strict: true, allErrors: true }).compile(JSON.parse(schema))

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
