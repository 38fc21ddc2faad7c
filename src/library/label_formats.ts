// Labels in the formats of other tools: which files a folder of such a dataset has, and what is in them. The command writes them on disk,
// the page into an archive.

import { cocoAnnotations, cocoCategories, type ExportedInstances } from '../data/coco_export.ts'
import type { Labels } from '../data/dataset.ts'
import { labelmeFile } from '../data/labelme.ts'
import { vocPalette } from '../data/palette.ts'
import { encodeMaskPng } from './mask_png.ts'

export const LABEL_FORMATS = ['coco', 'labelme', 'voc'] as const
export type LabelFormat = (typeof LABEL_FORMATS)[number]

/** A photo of the dataset, without its labels. */
interface NamedPhoto {
  /** Its name in the dataset, without ending. */
  name: string
  /** The ending of its file, such as `.png`. */
  ending: string
}

/** A file by its path in the dataset's folder, with slashes. */
export type LabelFile = readonly [path: string, content: string | Uint8Array]

export interface LabelFolder {
  /** The file that is written last: without it, the folder is no dataset. */
  index: string
  /** Whether its tools know only upright JPEGs. */
  needsJpeg: boolean
  /** Where a photo is. */
  photo(photo: NamedPhoto): string
  /** The file of a photo's labels, where each photo has one. */
  labels?(photo: NamedPhoto): string
  /** Takes the labels of a photo, and returns their file, where each photo has one. */
  add(photo: NamedPhoto, labels: Labels): LabelFile[]
  /** The files that say which photos there are, the index last. */
  end(): LabelFile[]
}

interface FolderOptions {
  /** The name of the list of photos. */
  split: string
  classNames: readonly string[]
}

export const labelFolders: Record<LabelFormat, (options: FolderOptions) => LabelFolder> = {
  coco: cocoFolder,
  labelme: labelmeFolder,
  voc: vocFolder,
}

const fileName = ({ name, ending }: NamedPhoto) => name + ending

const classesFile = (classNames: readonly string[]): LabelFile => [
  'classes.txt',
  `${classNames.join('\n')}\n`,
]

function cocoFolder({ split, classNames }: FolderOptions): LabelFolder {
  const index = `annotations/instances_${split}.json`
  const instances: ExportedInstances = {
    images: [],
    annotations: [],
    categories: cocoCategories(classNames),
  }
  return {
    index,
    needsJpeg: false,
    photo: photo => `images/${fileName(photo)}`,
    add(photo, labels) {
      const { images, annotations } = instances
      const id = images.length + 1
      const { width, height } = labels
      images.push({ id, file_name: fileName(photo), width, height })
      const firstId = annotations.length + 1
      for (const each of cocoAnnotations(labels, { classNames, imageId: id, firstId })) annotations.push(each)
      return []
    },
    end: () => [[index, JSON.stringify(instances)]],
  }
}

function labelmeFolder({ classNames }: FolderOptions): LabelFolder {
  const labelsOf = ({ name }: NamedPhoto) => `${name}.json`
  return {
    index: 'classes.txt',
    needsJpeg: false,
    photo: fileName,
    labels: labelsOf,
    add: (photo, labels) => [
      [labelsOf(photo), JSON.stringify(labelmeFile(labels, { classNames, imagePath: fileName(photo) }))],
    ],
    end: () => [classesFile(classNames)],
  }
}

function vocFolder({ split, classNames }: FolderOptions): LabelFolder {
  const index = `ImageSets/Segmentation/${split}.txt`
  const names: string[] = []
  const labelsOf = ({ name }: NamedPhoto) => `SegmentationClass/${name}.png`
  return {
    index,
    needsJpeg: true,
    photo: ({ name }) => `JPEGImages/${name}.jpg`,
    labels: labelsOf,
    add(photo, labels) {
      names.push(photo.name)
      return [[labelsOf(photo), encodeMaskPng(labels, vocPalette)]]
    },
    end: () => [classesFile(classNames), [index, names.map(name => `${name}\n`).join('')]],
  }
}
