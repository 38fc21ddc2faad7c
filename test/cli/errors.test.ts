import { expect } from 'chai'
import { Failures, reportError } from '../../src/cli/errors.ts'
import { UserError } from '../../src/errors.ts'

describe('reportError', () => {
  /** The lines that it writes to stderr for an error. */
  function reported(error: unknown): string[] {
    const lines: string[] = []
    const { error: print } = console
    console.error = (line: string) => lines.push(line)
    try {
      reportError(error)
    } finally {
      console.error = print
    }
    return lines
  }

  it('keeps the lines of a message and removes terminal control characters', () => {
    expect(reported(new UserError('x.pth: missing\n  a\u001b[31mb\u0007.weight\u2028'))).to.deep.equal([
      'error: x.pth: missing\n  a?[31mb?.weight?',
    ])
    expect(reported(new TypeError('\u001b[2J'))[0]).to.match(/^error: \?\[2J \(unexpected;/)
  })

  it('has a line for each of several errors', () => {
    const errors = [new UserError('a.jpg: not a photo'), new UserError('b.jpg: no such file or folder')]
    expect(reported(new AggregateError(errors))).to.deep.equal([
      'error: a.jpg: not a photo',
      'error: b.jpg: no such file or folder',
    ])
  })
})

describe('Failures', () => {
  it('names a photo once, even if its name has control characters', async () => {
    const failures = new Failures()
    const refuse = (message: string) => async () => {
      throw new UserError(message)
    }
    await failures.attempt('a.jpg', refuse('a.jpg: not a photo'))
    await failures.attempt('b\u0007.jpg', refuse('b?.jpg: not a photo'))
    await failures.attempt('c.jpg', refuse('too large'))
    const messages: string[] = []
    try {
      failures.throwIfAny()
    } catch (error) {
      for (const { message } of (error as AggregateError).errors) messages.push(message)
    }
    expect(messages).to.deep.equal(['a.jpg: not a photo', 'b?.jpg: not a photo', 'c.jpg: too large'])
  })
})
