import { UserError } from '../../errors.ts'
import { checkOptionNames, shown } from '../../options.ts'
import { printable } from '../../printable.ts'
import { openCoco } from './coco.ts'
import type { FileDataset } from './file_dataset.ts'
import { openFolder, openVoc } from './folder.ts'
import { openLabelme } from './labelme.ts'

/** The readers, by the word before the colon. */
const readers: Record<string, (folder: string, split: string) => Promise<FileDataset>> = {
  voc: openVoc,
  folder: openFolder,
  coco: (folder, split) => openCoco(folder, split, { vocOnly: false }),
  'coco-voc': (folder, split) => openCoco(folder, split, { vocOnly: true }),
  labelme: openLabelme,
}

/** Whether a text begins with a word for a reader. */
export const isDatasetName = (text: string): boolean =>
  Object.hasOwn(readers, /^([a-z-]+):/.exec(text)?.[1] ?? '')

/**
 * Opens the dataset that a text such as `voc:data/VOC2012` names: a folder after `voc:`, `folder:`, `coco:`, `coco-voc:` (the
 * part of COCO that the paper pre-trains on), or `labelme:`. Reads only the lists, not yet the images.
 *
 * `channels`: the images have so many channels of their own, 1 to 8, and are no photos: TIFF, .npy, and other files that have as many.
 *
 * Throws a UserError if the text has another form, or if the folder does not have the layout.
 */
export async function openDataset(
  description: string,
  options: { split: string; channels?: number },
): Promise<FileDataset> {
  checkOptionNames(options, { split: true, channels: true })
  const { split, channels } = options
  if (typeof split !== 'string')
    throw new UserError(`split: expected a name such as train or val, got ${shown(split)}`)
  const [, kind, folder] = /^([a-z-]+):(.+)$/.exec(description) ?? []
  if (!kind || !Object.hasOwn(readers, kind))
    throw new UserError(
      `dataset "${printable(description)}": expected ${Object.keys(readers).join(':, ')}: and a folder, such as voc:data/VOC2012`,
    )
  const dataset = await readers[kind](folder, split)
  return channels === undefined ? dataset : dataset.withChannels(channels)
}
