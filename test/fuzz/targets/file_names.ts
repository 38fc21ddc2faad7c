import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vocPalette } from '../../../src/data/palette.ts'
import { openDataset } from '../../../src/node/datasets/open.ts'
import { readImage } from '../../../src/node/images/image.ts'
import { readMaskPng, writeMaskPng } from '../../../src/node/images/mask_png.ts'
import { writeLabels, writePhoto, writeText } from '../../node/tiny_dataset.ts'
import { oddName } from '../odd_names.ts'
import type { FuzzTarget } from '../target.ts'

const mask = { mask: new Uint8Array(12).fill(1), width: 4, height: 3 }

/** Photos and masks with unusual names, given by a user or found in a dataset's folder. */
export const fileNames: FuzzTarget = {
  name: 'file-names',
  async prepare(folder) {
    await writePhoto(join(folder, 'photo.png'), 4, 3)
    const photo = await readFile(join(folder, 'photo.png'))
    const own = join(folder, 'own')
    return async random => {
      await rm(own, { recursive: true, force: true })
      await writeLabels(join(own, 'masks', 'a.png'), 4, 3, 1)
      await writePhoto(join(own, 'images', 'a.png'), 4, 3)
      await writeText(join(own, 'classes.txt'), 'background', 'mug')
      const name = `${oddName(random)}.png`
      const path = `${own}/images/${name}`
      // Names that the system refuses are still given to the readers below.
      await mkdir(join(own, 'images'), { recursive: true })
      await writeFile(path, photo).catch(() => {})
      const errors: unknown[] = []
      const attempt = (work: Promise<unknown>) => work.catch(error => errors.push(error))
      await attempt(readImage(path, { maxPixels: 2 ** 20 }))
      await attempt(writeMaskPng(`${own}/masks/${name}`, mask, vocPalette))
      await attempt(readMaskPng(`${own}/masks/${name}`))
      await attempt(
        openDataset(`folder:${own}`, { split: 'all' }).then(async dataset => {
          for (let index = 0; index < dataset.size; index++) await attempt(dataset.read(index))
        }),
      )
      if (errors.length > 0) throw new AggregateError(errors)
    }
  },
}
