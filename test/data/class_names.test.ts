import { expect } from 'chai'
import { checkSameClasses, classIds } from '../../src/data/class_names.ts'
import { UserError } from '../../src/errors.ts'

describe('class names', () => {
  it('are found whatever their spelling', () => {
    const names = ['background', 'pottedplant', 'TV monitor', '猫']
    expect(classIds(['tv-monitor', 'Potted Plant', '猫'], names)).to.deep.equal([2, 1, 3])
    expect(() => classIds(['plant'], names)).to.throw(
      UserError,
      'there is no class "plant"; the classes are background, pottedplant, TV monitor, 猫',
    )
  })

  it('of a model have to be the dataset’s, in its order', () => {
    checkSameClasses(['background', 'potted plant'], ['Background', 'pottedplant'])
    expect(() => checkSameClasses(['background', 'cat'], ['background', 'dog'])).to.throw(
      UserError,
      'class 1 is "cat" to the model, "dog" in the dataset',
    )
    expect(() => checkSameClasses(['a', 'b', 'c', 'd'], ['e', 'f', 'g'])).to.throw(
      UserError,
      'the model has 4 classes (a, b, c, …), the dataset 3 (e, f, g)',
    )
  })

  it('that a checkpoint does not have match by number', () => {
    checkSameClasses(['class 0', 'class 1'], ['background', 'dog'])
    expect(() => checkSameClasses(['class 0', 'cat'], ['class 0', 'dog'])).to.throw(UserError)
    expect(() => checkSameClasses(['class 0'], ['background', 'dog'])).to.throw(UserError)
  })
})
