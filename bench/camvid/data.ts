// The data of the CamVid benchmark, and parts of its training split.

import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { randomOrder, randomSource } from '../../src/train/random.ts'

const SPLITS = join('ImageSets', 'Segmentation')
const SEED = 1

/**
 * Writes a folder in PASCAL VOC's layout whose split `train` has `count` of the photos: the first ones of an order that is drawn once,
 * so that a smaller part is in each larger one. The split `unlabelled` has the other photos. Photos and masks are links.
 */
export async function partOf(data: string, count: number, folder: string): Promise<string> {
  const lines = async (split: string) =>
    (await readFile(join(data, SPLITS, `${split}.txt`), 'utf8')).split('\n').filter(line => line !== '')
  const train = await lines('train')
  const order = [...randomOrder(randomSource(SEED, 'shuffle', 0), train.length)].map(index => train[index])
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, SPLITS), { recursive: true })
  for (const name of ['JPEGImages', 'SegmentationClass'])
    await symlink(resolve(data, name), join(folder, name), 'dir')
  await copyFile(join(data, 'classes.txt'), join(folder, 'classes.txt'))
  const splits = { train: order.slice(0, count), unlabelled: order.slice(count), val: await lines('val') }
  for (const [name, ids] of Object.entries(splits))
    await writeFile(join(folder, SPLITS, `${name}.txt`), ids.map(id => `${id}\n`).join(''))
  return folder
}

/** Where the data and the weights to start from are by default, as options for `parseArgs`. */
export const PLACES = {
  data: { type: 'string', default: '../shared/data/camvid' },
  model: { type: 'string', default: '../shared/data/checkpoints/deeplabv3_mobilenet_v2_float_513' },
} as const

/** Ends the process, with one line, where the data or the weights are absent. */
export function requirePaths(paths: Record<string, string>): void {
  for (const [option, path] of Object.entries(paths)) {
    if (existsSync(path)) continue
    console.log(`skipped: ${path} is absent; give its place with --${option}`)
    process.exit(0)
  }
}
