import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import {
  withAddedClass,
  withAuxiliaryHead,
  withNewClassifier,
  withoutClass,
  withRenamedClass,
} from '../../src/model/classifier.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { initialWeights, networkParameters } from '../../src/model/initial_weights.ts'
import { TINY } from '../node/tiny_model.ts'
import { rejects } from '../support/rejects.ts'
import { expectSameBits } from '../support/same_bits.ts'

const CLASSIFIERS = ['classifier.4', 'aux_classifier.4']

function model() {
  const config = deepLabConfig({ ...TINY, classes: 3 })
  const untrained = { config, classNames: ['sky', 'sea', 'boat'], parameters: initialWeights(config, 1) }
  return withNewClassifier(withAuxiliaryHead(untrained, { seed: 2 }), { classes: 3, seed: 3 })
}

describe('withAddedClass', () => {
  it('keeps all weights, and gives the new class the mean row in each classifier', () => {
    const before = model()
    const biases = Float32Array.of(1, 5, -3)
    before.parameters.set('classifier.4.bias', biases)
    const after = withAddedClass(before, 'bird')
    expect(after.classNames).to.deep.equal(['sky', 'sea', 'boat', 'bird'])
    expect(after.config).to.deep.equal({ ...before.config, classes: 4 })
    expect([...after.parameters.get('classifier.4.bias')!]).to.deep.equal([1, 5, -3, 1])
    for (const name of CLASSIFIERS) {
      const [old, rows] = [before, after].map(({ parameters }) => parameters.get(`${name}.weight`)!)
      const c = old.length / 3
      expect(rows.subarray(0, 3 * c)).to.deep.equal(old)
      const mean = (old[0] + old[c] + old[2 * c]) / 3
      expect(rows[3 * c]).to.be.closeTo(mean, 1e-8)
    }
    for (const { name, shape } of networkParameters(after.config)) {
      expect(after.parameters.get(name)!.length, name).to.equal(shape.reduce((a, b) => a * b))
      if (!CLASSIFIERS.some(layer => name.startsWith(layer)))
        expect(after.parameters.get(name)).to.equal(before.parameters.get(name))
    }
  })

  it('names a name that a class cannot have', async () => {
    for (const [name, message] of [
      ['sea', 'classes: classes 1 and 3 have the same name, "sea"'],
      [' ', 'only white space'],
    ])
      expect((await rejects(UserError, () => withAddedClass(model(), name))).message).to.contain(message)
  })
})

describe('withoutClass', () => {
  it('gives back the network before the class was added, to the bit', () => {
    const before = model()
    const after = withoutClass(withAddedClass(before, 'bird'), 3)
    expect(after.classNames).to.deep.equal(before.classNames)
    expect(after.config).to.deep.equal(before.config)
    expectSameBits(after.parameters, before.parameters)
  })

  it('moves the classes above it down', () => {
    const before = model()
    before.parameters.set('classifier.4.bias', Float32Array.of(1, 5, -3))
    const after = withoutClass(before, 1)
    expect(after.classNames).to.deep.equal(['sky', 'boat'])
    expect([...after.parameters.get('classifier.4.bias')!]).to.deep.equal([1, -3])
  })

  it('refuses a class that there is not, and to leave one alone', async () => {
    for (const id of [-1, 3, 0.5])
      expect((await rejects(UserError, () => withoutClass(model(), id))).message).to.equal(
        `class: expected a whole number from 0 to 2, got ${id}`,
      )
    const two = withoutClass(model(), 0)
    expect((await rejects(UserError, () => withoutClass(two, 0))).message).to.contain(
      'expected 2 to 255 names',
    )
  })
})

describe('withRenamedClass', () => {
  it('changes one name and nothing else', () => {
    const before = model()
    const after = withRenamedClass(before, 1, 'water')
    expect(after).to.deep.equal({ ...before, classNames: ['sky', 'water', 'boat'] })
  })

  it('names a name that another class has', async () => {
    const { message } = await rejects(UserError, () => withRenamedClass(model(), 1, 'Boat'))
    expect(message).to.contain('have the same name')
  })
})
