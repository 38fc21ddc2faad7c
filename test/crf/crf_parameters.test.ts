import { expect } from 'chai'
import {
  type CrfOption,
  type CrfParameters,
  crfParameters,
  crfPresets,
} from '../../src/crf/crf_parameters.ts'
import { UserError } from '../../src/errors.ts'

const OWN: CrfParameters = { posW: 1, posXy: 2, biW: 3, biXy: 4, biRgb: 5 }

const messageOf = (option: unknown) => {
  try {
    crfParameters(option as CrfOption)
  } catch (error) {
    expect(error).to.be.instanceOf(UserError)
    return (error as Error).message
  }
  throw new Error('was accepted')
}

describe('the parameters of the CRF', () => {
  it('are those that were published, by name', () => {
    const numbers = Object.entries(crfPresets).map(([name, { posW, posXy, biW, biXy, biRgb }]) => {
      return `${name}: ${[posW, posXy, biW, biXy, biRgb]}`
    })
    expect(numbers).to.deep.equal([
      'default: 3,3,10,80,13',
      'v1: 3,3,4,49,5',
      'v2: 3,1,4,67,3',
      'v2-vgg: 2,2,4,65,3',
    ])
    expect(crfParameters('v2')).to.deep.equal({ ...crfPresets.v2, iterations: 10 })
  })

  it('may be given, by default with 10 iterations', () => {
    expect(crfParameters(OWN)).to.deep.equal({ ...OWN, iterations: 10 })
    expect(crfParameters({ ...OWN, iterations: 3 }).iterations).to.equal(3)
    expect(crfParameters({ ...OWN, posW: 0, biW: 0 }).posW).to.equal(0)
  })

  const bad: [unknown, string][] = [
    ['v3', 'crf: expected default, v1, v2, v2-vgg or an object of parameters, got "v3"'],
    ['toString', 'crf: expected default, v1, v2, v2-vgg or an object of parameters, got "toString"'],
    [null, 'crf: expected default, v1, v2, v2-vgg or an object of parameters, got null'],
    [true, 'crf: expected default, v1, v2, v2-vgg or an object of parameters, got true'],
    [{ ...OWN, posXY: 3 }, 'crf: posXY: unknown option; did you mean posXy?'],
    [{ posW: 3 }, 'crf: biW: expected a number from 0 to 1000000, got undefined'],
    [{ ...OWN, posW: -1 }, 'crf: posW: expected a number from 0 to 1000000, got -1'],
    [{ ...OWN, biXy: 0 }, 'crf: biXy: expected a number above 0, at most 1000000, got 0'],
    [{ ...OWN, biRgb: Number.NaN }, 'crf: biRgb: expected a number above 0, at most 1000000, got NaN'],
    [{ ...OWN, posXy: '3' }, 'crf: posXy: expected a number above 0, at most 1000000, got "3"'],
    [
      { ...OWN, biW: Number.POSITIVE_INFINITY },
      'crf: biW: expected a number from 0 to 1000000, got Infinity',
    ],
    [{ ...OWN, iterations: 0 }, 'crf: iterations: expected a whole number from 1 to 1000, got 0'],
    [{ ...OWN, iterations: 2.5 }, 'crf: iterations: expected a whole number from 1 to 1000, got 2.5'],
  ]
  for (const [option, message] of bad)
    it(`are refused: ${message}`, () => {
      expect(messageOf(option)).to.equal(message)
    })
})
