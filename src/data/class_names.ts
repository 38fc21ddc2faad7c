import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { CLASS_NAMES } from '../model/class_names_schema.ts'
import { printable, printableUpTo } from '../printable.ts'

/** The classes of PASCAL VOC's segmentation task. A mask holds their indices, and 255 for pixels that are not scored. */
export const vocClasses = [
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
] as const

/** Whether class 0 is what belongs to no object, by its name. Other classes are what labels name: a road scene has no background. */
export const hasBackground = (classNames: readonly string[]): boolean =>
  plain(classNames[0] ?? '') === 'background'

/**
 * The id of each name. Case, spaces and signs count only if they tell classes apart. Throws a UserError for a name that is not
 * among the classes.
 */
export function classIds(names: readonly string[], classNames: readonly string[]): number[] {
  return names.map(name => {
    const exact = classNames.indexOf(name)
    const id = exact >= 0 ? exact : classNames.findIndex(each => plain(each) === plain(name))
    if (id < 0)
      throw new UserError(`there is no class "${printable(name)}"; the classes are ${listed(classNames, 21)}`)
    return id
  })
}

/**
 * Throws a UserError of one line unless the model has the dataset's classes in the dataset's order. Case, spaces and signs do not
 * count: "potted plant" is "pottedplant". For a model whose classes have no names, only their number counts.
 */
export function checkSameClasses(model: readonly string[], dataset: readonly string[]): void {
  if (model.length !== dataset.length)
    throw new UserError(
      `the model has ${model.length} classes (${brief(model)}), the dataset ${dataset.length} (${brief(dataset)})`,
    )
  if (model.every((name, id) => name === `class ${id}`)) return
  const id = model.findIndex((name, i) => plain(name) !== plain(dataset[i]))
  if (id >= 0)
    throw new UserError(
      `class ${id} is "${printable(model[id])}" to the model, "${printable(dataset[id])}" in the dataset`,
    )
}

/** Whether `checkSameClasses` accepts the two lists. */
export function sameClasses(model: readonly string[], dataset: readonly string[]): boolean {
  try {
    checkSameClasses(model, dataset)
    return true
  } catch {
    return false
  }
}

/**
 * Throws a UserError, which begins with `source`, for names that a model's classes cannot have: too many or only one, a class
 * without a name, or two classes with the same name.
 */
export function checkClassNames(names: readonly string[], source: string): void {
  const odd = names.findIndex(name => typeof name !== 'string' || name.trim() === '')
  if (odd >= 0)
    throw new UserError(`${source}: expected a name for class ${odd}, got ${JSON.stringify(names[odd])}`)
  checkJson(CLASS_NAMES, names, source)
}

/** Names for a message: the first ten, and the number of the others. */
export function nameListText(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : ''
  return `${names
    .slice(0, MAX_LISTED)
    .map(name => printable(name))
    .join(', ')}${more}`
}

const MAX_LISTED = 10

const plain = (name: string) => name.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '')

const brief = (names: readonly string[]) => listed(names, 3)

/** The first names of a list, for a message. */
function listed(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map(name => printableUpTo(40, name))
  return `${shown.join(', ')}${names.length > most ? ', …' : ''}`
}
