// Writes CamVid as if nobody had ever labelled one class: its pixels have no label, and the ids above it become smaller by one:
// `npx tsx bench/camvid/without_class.ts CLASS FOLDER [--data DIR]`. main.ts trains a network on it with `--data FOLDER`, and
// `npx tsx bench/teach.ts --forgetting --camvid NETWORK` teaches that network the class by strokes.

import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { labelWithout } from '../../src/data/dataset.ts'
import { vocPalette } from '../../src/data/palette.ts'
import { UserError } from '../../src/errors.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { writeMaskPng } from '../../src/node/images/mask_png.ts'
import { PLACES, requirePaths } from './data.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { data: PLACES.data } })
const { data } = values
requirePaths({ data })
const [className, folder] = positionals
if (folder === undefined) throw new UserError('expected a class and a folder')

const datasets = await Promise.all(['train', 'val'].map(split => openDataset(`voc:${data}`, { split })))
const [{ classNames }] = datasets
const removed = classNames.indexOf(className)
if (removed === -1) throw new UserError(`${className} is not one of the classes ${classNames.join(', ')}`)

await mkdir(join(folder, 'SegmentationClass'), { recursive: true })
for (const name of ['JPEGImages', 'ImageSets']) await symlink(resolve(data, name), join(folder, name), 'dir')
const others = classNames.filter(name => name !== className)
await writeFile(join(folder, 'classes.txt'), others.map(name => `${name}\n`).join(''))
for (const dataset of datasets)
  for (const [index, id] of dataset.ids.entries()) {
    const { mask, width, height } = await dataset.readLabels(index)
    const file = join(folder, 'SegmentationClass', `${id}.png`)
    await writeMaskPng(
      file,
      { mask: mask.map(label => labelWithout(label, removed)), width, height },
      vocPalette,
    )
  }
