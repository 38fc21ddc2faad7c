import { type Dataset, IGNORE_INDEX, type LabelledImage, type Labels } from '../../data/dataset.ts'
import { UserError } from '../../errors.ts'
import { type Item, readItem, readItemLabels } from './item.ts'

/** A dataset whose photos lie in files. */
export class FileDataset implements Dataset {
  readonly name: string
  readonly classNames: readonly string[]
  /** @internal */
  readonly items: readonly Item[]
  readonly ids: readonly string[]

  /** @internal Throws a UserError where there is not one item, or more classes than a byte can tell from IGNORE_INDEX. */
  constructor(name: string, classNames: readonly string[], items: readonly Item[]) {
    if (items.length === 0) throw new UserError(`${name}: there are no images`)
    if (classNames.length < 2 || classNames.length > IGNORE_INDEX)
      throw new UserError(`${name}: expected 2 to ${IGNORE_INDEX} classes, got ${classNames.length}`)
    this.name = name
    this.classNames = classNames
    this.items = items
    this.ids = items.map(({ id }) => id)
  }

  get size(): number {
    return this.items.length
  }

  read(index: number): Promise<LabelledImage> {
    return readItem(this.items[index])
  }

  readLabels(index: number): Promise<Labels> {
    return readItemLabels(this.items[index])
  }

  /** Only the images at these indices, in their order. Throws a UserError where there is none. */
  select(indices: readonly number[]): FileDataset {
    return new FileDataset(
      this.name,
      this.classNames,
      indices.map(index => this.items[index]),
    )
  }
}
