import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { decodeProgress, encodeProgress, type Progress } from '../../src/train/checkpoint.ts'
import { learnedParameters, trainedParameters } from '../../src/train/learned_parameters.ts'
import { recipeFor } from '../../src/train/recipe.ts'
import { smallResNet } from '../fuzz/small_models.ts'

describe("a training run's checkpoint", () => {
  const { config, parameters } = smallResNet()
  const recipe = recipeFor(config, { steps: 10, batchSize: 2, cropSize: 33 })
  const velocities = new Map(
    learnedParameters(config, recipe).map(({ name }) => [name, parameters.get(name)!.slice()]),
  )
  const balance = { classWeights: [1, 0.5, 2], indices: [0, 1, 1] }
  const tuned = new Map([['1×9×9×8 → 8, 1×1, in training', 'conv2d 8×16 of 64×64']])
  const progress: Progress = { step: 4, recipe, images: 3, balance, velocities, tuned }

  /** Reads it with these fields changed. */
  function decoded(change: object): Progress {
    const files = encodeProgress(config, progress)
    const state = JSON.stringify({ ...JSON.parse(files.state), ...change })
    return decodeProgress(config, { ...files, state }, 'run')
  }

  it('is read as it was written', () => expect(decoded({})).to.deep.equal(progress))

  it('with AdamW and averages has the squares and the newest weights, and is refused without them', () => {
    const modern = recipeFor(config, { ...recipe, optimizer: 'adamw', averageDecay: 0.9 })
    const squares = new Map([...velocities].map(([name, values]) => [name, values.map(value => value ** 2)]))
    const trained = trainedParameters(config, modern)
    const newest = new Map(trained.map(({ name }) => [name, parameters.get(name)!]))
    const whole: Progress = { ...progress, recipe: modern, squares, newest }
    const files = encodeProgress(config, whole)
    expect(decodeProgress(config, files, 'run')).to.deep.equal(whole)
    const { tensors } = encodeProgress(config, progress)
    expect(() => decodeProgress(config, { ...files, tensors }, 'run')).to.throw(
      UserError,
      /^run\/training\.safetensors is not a checkpoint of the network beside it: \d+ missing\n {2}missing: square of /,
    )
  })

  const wrong: [change: object, message: string][] = [
    [{ format: undefined }, 'format: missing'],
    [{ format: 1 }, 'expected format 2 or 3, got 1'],
    [{ step: -1 }, 'step: expected a whole number from 0 up; got -1'],
    [{ step: 11 }, "step: expected at most the recipe's 10, got 11"],
    [{ images: 1e308 }, 'images: expected a whole number above 0; got 1e+308'],
    [{ recipe: null }, 'recipe: expected an object; got null'],
    [{ recipe: { ...recipe, learningRate: '0.1' } }, 'recipe.learningRate: expected a number; got "0.1"'],
    [{ recipe: { ...recipe, momentum: null } }, 'recipe.momentum: expected a number; got null'],
    [{ recipe: { ...recipe, scales: 3 } }, 'recipe.scales: expected two numbers; got 3'],
    [
      { recipe: { ...recipe, cropSize: 1e9 } },
      'recipe.cropSize: expected a number up to 16384; got 1000000000',
    ],
    [{ recipe: { ...recipe, magic: 1 } }, 'recipe.magic: there is no such field'],
    [{ recipe: { ...recipe, steps: 0 } }, 'recipe: steps: expected a whole number above 0, got 0'],
    [{ balance: {} }, 'balance.classWeights: missing'],
    [{ balance: { classWeights: [1], indices: null } }, 'balance.classWeights: expected 3 weights, got 1'],
    [{ balance: { classWeights: null, indices: [0, 3] } }, 'balance.indices: there is no image 3 of 3'],
    [
      { balance: { classWeights: null, indices: [-1] } },
      'balance.indices: expected null, or numbers of images; got [-1]',
    ],
  ]
  for (const [change, message] of wrong)
    it(`refuses ${JSON.stringify(change).slice(0, 60)}`, () =>
      expect(() => decoded(change))
        .to.throw(UserError)
        .with.property('message', `run/training.json: ${message}`))

  it('refuses velocities that are not finite numbers', () => {
    const files = encodeProgress(config, progress)
    new DataView(files.tensors.buffer).setFloat32(files.tensors.length - 4, Number.NaN, true)
    expect(() => decodeProgress(config, files, 'run')).to.throw(
      UserError,
      /^run\/training\.safetensors: tensor ".*" has 1 of \d+ values that are not finite numbers$/,
    )
  })
})
