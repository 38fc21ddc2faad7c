import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { vocPalette } from '../../src/data/palette.ts'
import { writeMaskPng } from '../../src/node/images/mask_png.ts'
import { randomSource } from '../reference/random.ts'

/** Writes a photo of random pixels. Creates its folder. */
export async function writePhoto(file: string, width: number, height: number): Promise<void> {
  const next = randomSource(width * 1000 + height)
  const data = Uint8Array.from({ length: width * height * 3 }, () => next() * 256)
  await mkdir(dirname(file), { recursive: true })
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(file)
}

/** Writes labels of one class, or the given labels. Creates their folder. */
export async function writeLabels(file: string, width: number, height: number, labels: number | number[]) {
  const mask = new Uint8Array(width * height)
  if (typeof labels === 'number') mask.fill(labels)
  else mask.set(labels)
  await writeMaskPng(file, { mask, width, height }, vocPalette)
}

/** Writes a file. Creates its folder. */
export async function writeText(file: string, ...lines: string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, lines.map(line => `${line}\n`).join(''))
}

/** Writes a dataset in VOC's layout with photos of 12×10 pixels. All of photo i has class i modulo `classes`. */
export async function writeVoc(folder: string, ids: string[], classes: string[]): Promise<void> {
  for (const [i, id] of ids.entries()) {
    await writePhoto(`${folder}/JPEGImages/${id}.jpg`, 12, 10)
    await writeLabels(`${folder}/SegmentationClass/${id}.png`, 12, 10, i % classes.length)
  }
  await writeText(`${folder}/ImageSets/Segmentation/val.txt`, ...ids)
  await writeText(`${folder}/classes.txt`, ...classes)
}

/** Writes a folder dataset of two classes with masks of 0 and 255, as many tools write them. */
export async function writeBinary(folder: string): Promise<void> {
  for (let i = 0; i < 6; i++) {
    await writePhoto(`${folder}/images/${i}.jpg`, 12, 10)
    await writeLabels(`${folder}/masks/${i}.png`, 12, 10, new Array(60).fill(255))
  }
  await writeText(`${folder}/classes.txt`, 'background', 'mug')
}
