import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'

/** The id of each name. Throws a UserError for a name that is not among the classes. */
export function classIds(names: readonly string[], classNames: readonly string[]): number[] {
  return names.map(name => {
    const id = classNames.findIndex(each => plain(each) === plain(name))
    if (id < 0)
      throw new UserError(`there is no class "${printable(name)}"; the classes are ${listed(classNames, 21)}`)
    return id
  })
}

/**
 * Throws a UserError, of one line, where a model does not have a dataset's classes in a dataset's order. Case, spaces and
 * signs do not count ("potted plant" is "pottedplant"), and a model whose classes have no names matches by their number.
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

/** Whether they are the same as far as `checkSameClasses` can tell. */
export function sameClasses(model: readonly string[], dataset: readonly string[]): boolean {
  try {
    checkSameClasses(model, dataset)
    return true
  } catch {
    return false
  }
}

const plain = (name: string) => name.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '')

const brief = (names: readonly string[]) => listed(names, 3)

/** The first of some names, for a message. */
function listed(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map(name => printable(name, 40))
  return `${shown.join(', ')}${names.length > most ? ', …' : ''}`
}
