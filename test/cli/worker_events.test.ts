// What `atrous worker` prints.

import { expect } from 'chai'
import { workerEvents } from '../../src/cli/worker.ts'

const RESULT = {
  ...{ width: 4, height: 3, classes: [{ id: 3, name: 'bird', share: 0.25 }], milliseconds: 120 },
  outputs: { mask: 'm/a.mask.png' },
}
const SIGNED = { id: '7', data: { input: 'https://user:word@host/a.jpg?signature=secret', output: 'm/a' } }

describe('atrous worker: lines', () => {
  const { log, error } = console
  let lines: string[]
  beforeEach(() => {
    lines = []
    console.log = text => lines.push(`out ${text}`)
    console.error = text => lines.push(`err ${text}`)
  })
  afterEach(() => Object.assign(console, { log, error }))

  it('one for each job, without passwords and signatures', () => {
    const events = workerEvents({ quiet: false })
    events.onDone(SIGNED, RESULT)
    events.onFailed({ id: '8', data: null }, new Error('two\nlines'), true)
    events.onFailed({ id: '9', data: {} }, new Error('gone'), false)
    expect(lines).to.deep.equal([
      'out https://host/a.jpg?…: bird 25.0 % → m/a.mask.png (0.12 s)',
      'err job 8: two?lines; will be tried again',
      'err job 9: gone',
    ])
  })

  it('an object for each job with --json', () => {
    const events = workerEvents({ quiet: false, json: true })
    events.onDone(SIGNED, RESULT)
    events.onFailed({ id: '8', data: { input: 5 } }, new Error('gone'), false)
    expect(lines.map(line => JSON.parse(line.slice('out '.length)))).to.deep.equal([
      { job: '7', input: 'https://host/a.jpg?…', ...RESULT },
      { job: '8', input: '5', error: 'gone', retries: false },
    ])
  })

  it('only for errors with --quiet', () => {
    const events = workerEvents({ quiet: true })
    events.onStarted('segment')
    events.onDone(SIGNED, RESULT)
    events.onStalled('7')
    events.onDisconnected()
    events.onConnected()
    events.onFailed(SIGNED, new Error('gone'), false)
    expect(lines).to.deep.equal(['err Redis: the connection is lost; waiting for it', 'err job 7: gone'])
  })
})
