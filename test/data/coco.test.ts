import { expect } from 'chai'
import { vocClasses } from '../../src/data/class_names.ts'
import { vocCategories } from '../../src/data/coco.ts'

/** COCO's names of VOC's classes, in VOC's order. */
const NAMES =
  'airplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,dining table,dog,horse,motorcycle,person,potted plant,sheep,couch,train,tv'

describe('vocCategories', () => {
  it('maps all of VOC’s classes from COCO’s names, and no others', () => {
    const names = [...NAMES.split(','), 'zebra', 'background']
    const categories = names.map((name, i) => ({ id: 3 * i + 1, name }))
    const { classNames, classOf } = vocCategories({ images: [], annotations: [], categories })
    expect(classNames).to.equal(vocClasses)
    const found = categories.map(({ id }) => classOf(id))
    expect(found).to.deep.equal([...Array.from({ length: 20 }, (_, i) => i + 1), undefined, undefined])
    expect(classOf(2)).to.equal(undefined)
  })
})
