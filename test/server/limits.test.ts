import { expect } from 'chai'
import { tokenCheck } from '../../src/server/access.ts'
import { PhotoQueue, RequestError } from '../../src/server/request.ts'
import { serverLimits } from '../../src/server/server_options.ts'

describe('the places of the queue', () => {
  it('are limited, with a time after which to come again', () => {
    const queue = new PhotoQueue(3)
    const leave = queue.take(2)
    expect(queue.taken).to.equal(2)
    expect(() => queue.take(2)).to.throw(RequestError, 'the queue is full: 2 of 3 photos wait')
    try {
      queue.take(2)
    } catch (error) {
      const { status, retryAfter } = error as RequestError
      expect(status).to.equal(503)
      expect(retryAfter).to.be.within(1, 60)
    }
    leave()
    queue.take(3)
  })

  it('are never enough for a request with more photos than there are places', () => {
    expect(() => new PhotoQueue(3).take(4))
      .to.throw(RequestError, 'expected at most 3 photos in a request, got 4')
      .with.property('status', 413)
  })
})

describe('a token', () => {
  const check = tokenCheck('secret')

  it('is taken as a bearer token', () => {
    for (const header of ['Bearer secret', 'bearer  secret']) check(header)
  })

  it('is refused in any other form', () => {
    for (const header of [
      undefined,
      '',
      'secret',
      'Basic secret',
      'Bearer',
      'Bearer secre',
      'Bearer secrett',
    ])
      expect(() => check(header), header)
        .to.throw(RequestError)
        .with.property('status', 401)
  })
})

describe('the options of a server', () => {
  const models = { scenes: 'scenes' }
  for (const [options, message] of [
    [{}, 'models: expected at least one model, or a folder of models'],
    [{ models, quue: 1 }, 'quue: unknown option; did you mean queue?'],
    [{ models, queue: 0 }, 'queue: expected a number above 0, got 0'],
    [{ models, queue: 1.5 }, 'queue: expected a whole number, got 1.5'],
    [{ models, batchDelay: -1 }, 'batchDelay: expected a number from 0 up, got -1'],
    [{ models, timeout: Number.NaN }, 'timeout: expected a number above 0, got NaN'],
    [{ models, token: 'with space' }, 'token: expected letters, digits and signs without spaces'],
    [{ models, token: '' }, 'token: expected letters, digits and signs without spaces'],
    [{ models, logLevel: 'loud' }, 'logLevel: expected silent or error or warn or info or debug, got "loud"'],
  ] as [object, string][])
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => serverLimits(options)).to.throw(message)
    })

  it('have defaults', () => {
    expect(serverLimits({ models, batchDelay: 0, queue: undefined })).to.include({
      batchDelay: 0,
      queue: 128,
    })
  })
})
