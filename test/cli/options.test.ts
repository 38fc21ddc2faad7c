import { expect } from 'chai'
import { InvalidArgumentError } from 'commander'
import { imageSize, number, positiveInteger, positiveIntegers, wholeNumber } from '../../src/cli/options.ts'

describe('numbers in options', () => {
  const complaint = (parse: () => unknown) => {
    try {
      return parse()
    } catch (error) {
      expect(error).to.be.instanceOf(InvalidArgumentError)
      return (error as Error).message
    }
  }

  it('have an upper limit, which the message names', () => {
    const huge = '99999999999999999999'
    expect(complaint(() => positiveInteger(huge))).to.equal('Expected a whole number of at most 1000000000.')
    expect(complaint(() => positiveIntegers(`257,${huge}`))).to.match(/at most 1000000000\.$/)
    expect(complaint(() => wholeNumber(huge))).to.equal(
      'Expected a whole number of at most 9007199254740991.',
    )
    for (const size of [huge, '16385', `1x${huge}`])
      expect(complaint(() => imageSize(size))).to.equal('Expected at most 16384 pixels.')
    expect(complaint(() => number('1e400'))).to.equal('Expected a number.')
  })

  it('up to the limit are accepted', () => {
    expect(positiveInteger('1000000000')).to.equal(1e9)
    expect(wholeNumber('9007199254740991')).to.equal(Number.MAX_SAFE_INTEGER)
    expect(imageSize('16384x1')).to.deep.equal({ height: 16_384, width: 1 })
  })
})
