// `atrous masks`: masks of class ids from masks in colours.

import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { type ColourTable, idsOfColours, parseColourTable } from '../data/colour_table.ts'
import { vocPalette } from '../data/palette.ts'
import { UserError } from '../errors.ts'
import { imageFolder, listFolder, readLines } from '../node/datasets/text_list.ts'
import { writeFileAtomic } from '../node/files/atomic.ts'
import { readImage } from '../node/images/image.ts'
import { writeMaskPng } from '../node/images/mask_png.ts'
import { Failures } from './errors.ts'
import { checkWritable, exists, refuseExisting } from './output.ts'
import { countBar } from './progress.ts'
import { quietableAction } from './quiet.ts'

const NOTES = `
The table has a line for each colour: red, green and blue from 0 to 255, and the
name of the class, as CamVid's label_colors.txt has them. Class 0 is that of the
first line. A class may have several colours. Pixels of the names void, ignore
and unlabeled are not scored: their id is 255.

    0 0 0       void
  128 64 128    road
   64 0 128     car
   64 128 192   car

Each picture of the folder becomes a PNG of class ids. classes.txt, which
datasets of the kind folder: need, is written beside the new folder.

Examples:
  atrous masks mine/masks-rgb mine/masks --colours label_colors.txt
  atrous train --dataset folder:mine --out run`

interface Options {
  colours: string
  overwrite?: true
}

export function masksCommand(): Command {
  const command = new Command('masks')
    .description('Converts masks whose colours stand for classes to masks of class ids, by a table.')
    .argument('<in>', 'the folder of masks in colours')
    .argument('<out>', 'the folder of masks of class ids, such as mine/masks')
    .requiredOption('-c, --colours <file>', 'the table of colours and names')
    .option('--overwrite', 'replace masks that exist')
    .addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(from: string, to: string, { colours, overwrite }: Options): Promise<void> {
  const table = parseColourTable(await readLines(colours), colours)
  await listFolder(from) // throws if there is none
  const folder = await imageFolder(from)
  const masks = folder.stems.map(stem => ({ file: folder.find(stem)!, out: join(to, `${stem}.png`) }))
  if (masks.length === 0) throw new UserError(`${from}: there are no masks`)
  await checkWritable(to)
  if (!overwrite)
    await refuseExisting(
      masks.map(({ out }) => out),
      '--overwrite replaces it',
    )
  const classes = join(dirname(to), 'classes.txt')
  const isNew = await checkClasses(classes, table)
  const failures = new Failures()
  const bar = countBar(masks.length, 'masks', { shown: true })
  for (const { file, out } of masks) {
    await failures.attempt(file, () => convert(file, out, table))
    bar.step()
  }
  bar.stop()
  failures.throwIfAny()
  if (isNew) await writeFileAtomic(classes, `${table.classNames.join('\n')}\n`)
  console.log(`${masks.length} masks of ${table.classNames.length} classes: ${to}, ${classes}`)
}

async function convert(file: string, out: string, table: ColourTable): Promise<void> {
  const image = await readImage(file)
  const { width, height } = image
  await writeMaskPng(out, { mask: idsOfColours(image, table), width, height }, vocPalette)
}

/** Whether there is none yet. Throws a UserError if the masks would have other ids than its lines. */
async function checkClasses(file: string, { classNames }: ColourTable): Promise<boolean> {
  if (!(await exists(file))) return true
  const names = await readLines(file)
  if (names.join('\n') !== classNames.join('\n'))
    throw new UserError(
      `${file}: expected the names of the table in their order, ${classNames.join(', ')}; got ${names.join(', ')}`,
    )
  return false
}
