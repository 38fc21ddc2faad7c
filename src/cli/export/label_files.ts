// A dataset's labels in the formats of other tools, as files.

import { join, parse } from 'node:path'
import sharp from 'sharp'
import { cocoAnnotations, cocoCategories, type ExportedInstances } from '../../data/coco_export.ts'
import type { Labels } from '../../data/dataset.ts'
import { labelmeFile } from '../../data/labelme.ts'
import { vocPalette } from '../../data/palette.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { readImage, readPhotoFile } from '../../node/images/image.ts'
import { writeMaskPng } from '../../node/images/mask_png.ts'

export const LABEL_FORMATS = ['coco', 'labelme', 'voc'] as const
export type LabelFormat = (typeof LABEL_FORMATS)[number]

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

export const labelWriters: Record<LabelFormat, (place: Place) => LabelWriter> = {
  coco: cocoWriter,
  labelme: labelmeWriter,
  voc: vocWriter,
}

const fileName = ({ image, name }: Omit<LabelledPhoto, 'labels'>) => name + parse(image).ext.toLowerCase()

const copyPhoto = async (from: string, to: string) => writeFileAtomic(to, await readPhotoFile(from))

const writeClasses = (file: string, classNames: readonly string[]) =>
  writeFileAtomic(file, `${classNames.join('\n')}\n`)

function cocoWriter({ out, split, classNames }: Place): LabelWriter {
  const index = join(out, 'annotations', `instances_${split}.json`)
  const instances: ExportedInstances = {
    images: [],
    annotations: [],
    categories: cocoCategories(classNames),
  }
  const photoOf = (photo: Omit<LabelledPhoto, 'labels'>) => join(out, 'images', fileName(photo))
  return {
    index,
    filesOf: photo => [photoOf(photo)],
    async add({ labels, ...photo }) {
      await copyPhoto(photo.image, photoOf(photo))
      const { images, annotations } = instances
      const id = images.length + 1
      const { width, height } = labels
      images.push({ id, file_name: fileName(photo), width, height })
      const firstId = annotations.length + 1
      for (const each of cocoAnnotations(labels, { classNames, imageId: id, firstId })) annotations.push(each)
    },
    end: () => writeFileAtomic(index, JSON.stringify(instances)),
  }
}

function labelmeWriter({ out, classNames }: Place): LabelWriter {
  const index = join(out, 'classes.txt')
  return {
    index,
    filesOf: photo => [join(out, fileName(photo)), join(out, `${photo.name}.json`)],
    async add({ labels, ...photo }) {
      const imagePath = fileName(photo)
      await copyPhoto(photo.image, join(out, imagePath))
      const file = labelmeFile(labels, { classNames, imagePath })
      await writeFileAtomic(join(out, `${photo.name}.json`), JSON.stringify(file))
    },
    end: () => writeClasses(index, classNames),
  }
}

function vocWriter({ out, split, classNames }: Place): LabelWriter {
  const index = join(out, 'ImageSets', 'Segmentation', `${split}.txt`)
  const names: string[] = []
  const photoOf = (name: string) => join(out, 'JPEGImages', `${name}.jpg`)
  const maskOf = (name: string) => join(out, 'SegmentationClass', `${name}.png`)
  return {
    index,
    filesOf: ({ name }) => [photoOf(name), maskOf(name)],
    async add({ image, name, labels }) {
      await writeFileAtomic(photoOf(name), await uprightJpeg(image))
      await writeMaskPng(maskOf(name), labels, vocPalette)
      names.push(name)
    },
    async end() {
      await writeClasses(join(out, 'classes.txt'), classNames)
      await writeFileAtomic(index, names.map(name => `${name}\n`).join(''))
    },
  }
}

/** Tools for VOC know only JPEGs, and do not turn them. A JPEG that is upright stays as it is. */
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
