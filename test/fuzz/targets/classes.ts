import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkClassNames, checkSameClasses, classIds } from '../../../src/data/class_names.ts'
import { openDataset } from '../../../src/node/datasets/open.ts'
import { damageBytes, pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

/** The class names of a dataset, as training compares them with a model's. */
export const classes: FuzzTarget = {
  name: 'classes.txt',
  async prepare(folder) {
    const names = ['background', 'box', 'sphere']
    for (const part of ['images', 'masks', 'splits']) await mkdir(join(folder, part))
    await writeFile(join(folder, 'splits', 'train.txt'), 'photo\n')
    const texts = [
      'background\nbox\nsphere\n',
      'sphere\nbox\nbox\n',
      `${'x'.repeat(10_000)}\nbox\n__proto__\n`,
    ]
    return async random => {
      await writeFile(join(folder, 'classes.txt'), damageBytes(Buffer.from(pick(texts, random)), random))
      const { classNames } = await openDataset(`folder:${folder}`, { split: 'train' })
      checkClassNames(classNames, 'classes.txt')
      checkSameClasses(names, classNames)
      return classIds(names, classNames)
    }
  },
}
