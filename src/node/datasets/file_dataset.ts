import {
  type Dataset,
  IGNORE_INDEX,
  type LabelledImage,
  type Labels,
  type Photos,
} from '../../data/dataset.ts'
import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import { printable, printablePath } from '../../printable.ts'
import { type Item, readItem, readItemLabels } from './item.ts'

/** A dataset of photos in files. */
export class FileDataset implements Dataset {
  readonly name: string
  readonly classNames: readonly string[]
  /** @internal */
  readonly items: readonly Item[]
  readonly ids: readonly string[]

  /**
   * @internal Throws a UserError if there are no items, if two items have the same id, if an id is not printable, or if there are
   * more classes than a byte can hold beside IGNORE_INDEX.
   */
  constructor(name: string, classNames: readonly string[], items: readonly Item[]) {
    this.name = printablePath(name)
    if (items.length === 0) throw new UserError(`${this.name}: there are no images`)
    if (classNames.length < 2 || classNames.length > IGNORE_INDEX)
      throw new UserError(`${this.name}: expected 2 to ${IGNORE_INDEX} classes, got ${classNames.length}`)
    checkIds(this.name, items)
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

  /** The dataset with images of so many channels of their own; of photos if undefined. */
  withChannels(channels: number | undefined): FileDataset {
    return new FileDataset(
      this.name,
      this.classNames,
      this.items.map(item => ({ ...item, channels })),
    )
  }

  /** The dataset with only the images at these indices, in this order. Throws a UserError if there are none. */
  select(indices: readonly number[]): FileDataset {
    return new FileDataset(
      this.name,
      this.classNames,
      indices.map(index => this.items[index]),
    )
  }
}

/** Photos in files, without labels. */
export class FilePhotos implements Photos {
  readonly name: string
  /** @internal */
  readonly items: readonly Item[]
  readonly ids: readonly string[]

  /** @internal Throws a UserError if there are no photos, if two have the same id, or if an id is not printable. */
  constructor(name: string, items: readonly Item[]) {
    this.name = printablePath(name)
    if (items.length === 0) throw new UserError(`${this.name}: there are no photos`)
    checkIds(this.name, items)
    this.items = items
    this.ids = items.map(({ id }) => id)
  }

  get size(): number {
    return this.items.length
  }

  read(index: number): Promise<{ image: Image }> {
    return readItem(this.items[index])
  }
}

/** @internal The photos as a dataset in which every pixel has the class 0, so that threads read them. */
export const withoutFileLabels = (
  { name, items }: FileDataset | FilePhotos,
  classNames: readonly string[],
): FileDataset =>
  new FileDataset(
    name,
    classNames,
    items.map(item => ({ ...item, labels: null })),
  )

/** The longest path that any system allows. */
const LONGEST_ID = 4096

function checkIds(dataset: string, items: readonly Item[]): void {
  const seen = new Set<string>()
  for (const { id } of items) {
    if (id.length > LONGEST_ID || /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(id))
      throw new UserError(
        `${dataset}: the name of an image is too long or holds control characters: ${printable(id)}`,
      )
    if (seen.has(id)) throw new UserError(`${dataset}: the image ${printable(id)} is listed twice`)
    seen.add(id)
  }
}
