import { expect } from 'chai'
import { checkClassNames, checkSameClasses, classIds, nameListText } from '../../src/data/class_names.ts'
import { UserError } from '../../src/errors.ts'
import { duplicateNames } from '../../src/model/class_names_schema.ts'

describe('class names', () => {
  it('are found in other spellings', () => {
    const names = ['background', 'pottedplant', 'TV monitor', '猫']
    expect(classIds(['tv-monitor', 'Potted Plant', '猫'], names)).to.deep.equal([2, 1, 3])
    expect(classIds(['c++', 'C'], ['c', 'c++'])).to.deep.equal([1, 0])
    expect(() => classIds(['plant'], names)).to.throw(
      UserError,
      'there is no class "plant"; the classes are background, pottedplant, TV monitor, 猫',
    )
  })

  it('of a model must be the dataset’s, in the same order', () => {
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

  it('missing in a checkpoint match by number', () => {
    checkSameClasses(['class 0', 'class 1'], ['background', 'dog'])
    expect(() => checkSameClasses(['class 0', 'cat'], ['class 0', 'dog'])).to.throw(UserError)
    expect(() => checkSameClasses(['class 0'], ['background', 'dog'])).to.throw(UserError)
  })

  it('shared by several classes are reported, in any case', () => {
    expect(duplicateNames(['c', 'c++', 'c--', 'a b', 'ab'])).to.deep.equal([])
    expect(duplicateNames(['Cat', 'dog', ' cat', 'dog', 'CAT'])).to.deep.equal([
      'classes 0 and 2 and 4 have the same name, "Cat"',
      'classes 1 and 3 have the same name, "dog"',
    ])
  })

  it('must be present, each for one class', () => {
    checkClassNames(['background', 'cat'], 'mine')
    const refusal = (names: unknown) =>
      expect(() => checkClassNames(names as string[], 'mine')).to.throw(UserError)
    refusal(['background', ' ']).with.property('message', 'mine: expected a name for class 1, got " "')
    refusal([3, 'cat']).with.property('message', 'mine: expected a name for class 0, got 3')
    refusal(['a', 'A']).with.property('message', 'mine: classes 0 and 1 have the same name, "a"')
  })

  it('are listed up to the tenth, without control characters', () => {
    expect(nameListText(['a', 'b\u001b[31m'])).to.equal('a, b?[31m')
    const many = Array.from({ length: 12 }, (_, id) => `class ${id}`)
    expect(nameListText(many)).to.equal(`${many.slice(0, 10).join(', ')} and 2 more`)
  })
})
