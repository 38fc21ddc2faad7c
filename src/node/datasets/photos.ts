// A folder of photos without labels.

import { join, parse } from 'node:path'
import { FilePhotos } from './file_dataset.ts'
import { IMAGE_ENDINGS, listFolder } from './text_list.ts'

/**
 * The photos of a folder, by their names; subfolders and other files are left out. Throws a UserError if the folder does not exist or has
 * no photos. Reads only the list, not yet the photos.
 */
export async function openPhotos(folder: string): Promise<FilePhotos> {
  const names = await listFolder(folder)
  const photos = names.filter(name => IMAGE_ENDINGS.includes(parse(name).ext.toLowerCase()))
  return new FilePhotos(
    folder,
    photos.map(name => ({ id: name, image: join(folder, name), labels: null })),
  )
}
