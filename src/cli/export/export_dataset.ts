// Writes a dataset's photos and labels in another format.

import { IGNORE_INDEX } from '../../data/dataset.ts'
import { checkClassIds, readLabels } from '../../data/labelled_image.ts'
import type { LabelFormat } from '../../library/label_formats.ts'
import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { Failures } from '../errors.ts'
import { checkWritable, refuseExisting, resultNamer } from '../output.ts'
import { countBar } from '../progress.ts'
import { labelWriter } from './label_files.ts'

interface ExportOptions {
  format: LabelFormat
  out: string
  split: string
  overwrite?: true
}

/**
 * The file that lists the photos is written last, and only if every photo was: until then, the folder is no dataset. Throws a UserError before
 * anything is written if a file would be replaced without permission; else, at the end, an error for each photo that cannot be read.
 */
export async function exportDataset(
  dataset: FileDataset,
  { format, out, split, overwrite }: ExportOptions,
): Promise<void> {
  const { classNames } = dataset
  const writer = labelWriter(format, { out, split, classNames })
  const namer = resultNamer()
  const photos = dataset.items.map(({ image }) => ({ image, name: namer.photo(image) }))
  await checkWritable(out)
  if (!overwrite)
    await refuseExisting([writer.index, ...photos.flatMap(writer.filesOf)], '--overwrite replaces it')
  const failures = new Failures()
  const bar = countBar(photos.length, 'photos exported', { shown: true })
  let unscored = 0
  for (const [index, photo] of photos.entries()) {
    await failures.attempt(photo.image, async () => {
      const labels = await readLabels(dataset, index)
      checkClassIds(labels.mask, classNames.length, dataset.ids[index])
      await writer.add({ ...photo, labels })
      if (labels.mask.includes(IGNORE_INDEX)) unscored++
    })
    bar.step()
  }
  bar.stop()
  failures.throwIfAny()
  await writer.end()
  if (format === 'coco' && unscored > 0)
    console.warn(
      `warning: COCO has no label for pixels that are not scored (${IGNORE_INDEX}): in ${unscored} of ${photos.length} photos they have no annotation`,
    )
  console.log(`${photos.length} photos with labels of ${classNames.length} classes: ${writer.index}`)
}
