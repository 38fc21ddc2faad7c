// A dataset's labels in the formats of other tools, as files on disk.

import { join, parse } from 'node:path'
import sharp from 'sharp'
import type { Labels } from '../../data/dataset.ts'
import {
  type LabelFile,
  type LabelFolder,
  type LabelFormat,
  labelFolders,
} from '../../library/label_formats.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { readImage, readPhotoFile } from '../../node/images/image.ts'

interface Place {
  out: string
  split: string
  classNames: readonly string[]
}

/** A photo with its labels. */
interface LabelledPhoto {
  /** The photo's path. */
  image: string
  /** Its name in the new dataset, without ending. */
  name: string
  labels: Labels
}

interface LabelWriter {
  /** The file that is written last: without it, the folder is no dataset. */
  index: string
  /** The files of a photo, besides the index. */
  filesOf(photo: Omit<LabelledPhoto, 'labels'>): string[]
  /** Writes a photo and its labels. */
  add(photo: LabelledPhoto): Promise<void>
  /** Writes what says which photos there are. */
  end(): Promise<void>
}

export function labelWriter(format: LabelFormat, { out, ...options }: Place): LabelWriter {
  const folder = labelFolders[format](options)
  const write = async (files: readonly LabelFile[]) => {
    for (const [path, content] of files) await writeFileAtomic(join(out, path), content)
  }
  return {
    index: join(out, folder.index),
    filesOf: photo => pathsOf(folder, photo).map(path => join(out, path)),
    async add({ labels, ...photo }) {
      const named = namedOf(photo)
      const bytes = await (folder.needsJpeg ? uprightJpeg : readPhotoFile)(photo.image)
      await write([[folder.photo(named), bytes]])
      await write(folder.add(named, labels))
    },
    end: () => write(folder.end()),
  }
}

const namedOf = ({ image, name }: Omit<LabelledPhoto, 'labels'>) => ({
  name,
  ending: parse(image).ext.toLowerCase(),
})

function pathsOf(folder: LabelFolder, photo: Omit<LabelledPhoto, 'labels'>): string[] {
  const named = namedOf(photo)
  return [folder.photo(named), ...(folder.labels ? [folder.labels(named)] : [])]
}

/** A JPEG that is upright stays as it is. */
async function uprightJpeg(file: string): Promise<Uint8Array> {
  const bytes = await readPhotoFile(file)
  const { format, orientation = 1 } = await sharp(bytes).metadata()
  if (format === 'jpeg' && orientation === 1) return bytes
  const { data, width, height } = await readImage(bytes, { name: file })
  return sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .jpeg({ quality: 95 })
    .toBuffer()
}
