import { mkdir } from 'node:fs/promises'
import sharp from 'sharp'
import { writeLabels, writeText } from './tiny_dataset.ts'

export const HALVES = ['dark', 'bright']

/**
 * Writes a dataset in VOC's layout that a network learns in a few steps: `count` photos of 40×36 pixels, dark in the upper or
 * left part and bright elsewhere, in the splits train and val.
 */
export async function writeHalves(folder: string, count = 4): Promise<void> {
  const [width, height] = [40, 36]
  const ids = Array.from({ length: count }, (_, i) => `photo${i}`)
  await mkdir(`${folder}/JPEGImages`, { recursive: true })
  for (const [i, id] of ids.entries()) {
    const labels = Array.from({ length: width * height }, (_, pixel) =>
      Number(i % 2 === 0 ? pixel % width >= width / 2 : pixel >= (width * height) / 2),
    )
    const data = Uint8Array.from(labels.flatMap(label => new Array(3).fill(label * 180 + 20 + i)))
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(`${folder}/JPEGImages/${id}.jpg`)
    await writeLabels(`${folder}/SegmentationClass/${id}.png`, width, height, labels)
  }
  for (const split of ['train', 'val'])
    await writeText(`${folder}/ImageSets/Segmentation/${split}.txt`, ...ids)
  await writeText(`${folder}/classes.txt`, ...HALVES)
}
