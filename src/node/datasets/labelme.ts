// Datasets as LabelMe writes them: a JSON beside each photo.

import { join, parse } from 'node:path'
import { type LabelmeFile, labelmeClasses, parseLabelme } from '../../data/labelme.ts'
import { UserError } from '../../errors.ts'
import { printablePath } from '../../printable.ts'
import { readRegularFile } from '../files/read_file.ts'
import { FileDataset } from './file_dataset.ts'
import { ownSplit } from './folder.ts'
import type { Item } from './item.ts'
import { checkRelativePath, listFolder, readLinesIfAny, readSplit } from './text_list.ts'

/** A file of LabelMe may hold its photo, as text. */
const MAX_BYTES = 2 ** 28

/**
 * A folder of LabelMe's JSON files, each beside its photo. The classes are the lines of `classes.txt`; without it, background and the labels
 * in the order of the alphabet. The splits are those of `openFolder`.
 *
 * Throws a UserError if the folder does not exist, if there are no such files, or if one is damaged.
 */
export async function openLabelme(folder: string, split: string): Promise<FileDataset> {
  const names = await listFolder(folder)
  const stems = names.filter(name => name.endsWith('.json')).map(name => parse(name).name)
  if (stems.length === 0) throw new UserError(`${printablePath(folder)}: no JSON files of LabelMe`)
  const ids = names.includes('splits')
    ? await readSplit(join(folder, 'splits'), split)
    : ownSplit(folder, split, stems)
  const files = new Map<string, LabelmeFile>()
  for (const id of new Set([...stems, ...ids])) files.set(id, await readFile(join(folder, `${id}.json`)))
  const classNames =
    (await readLinesIfAny(join(folder, 'classes.txt'))) ?? labelmeClasses([...files.values()])
  const items = ids.map((id): Item => {
    const { imagePath, imageWidth: width, imageHeight: height, shapes } = files.get(id)!
    return { id, image: join(folder, imagePath), labels: { shapes, classNames, width, height } }
  })
  return new FileDataset(`labelme:${folder}, split ${split}`, classNames, items)
}

async function readFile(path: string): Promise<LabelmeFile> {
  const bytes = await readRegularFile(path, { limit: MAX_BYTES })
  const file = parseLabelme(printablePath(path), new TextDecoder().decode(bytes))
  checkRelativePath(path, file.imagePath)
  return file
}
