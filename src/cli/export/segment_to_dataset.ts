// Photos with the masks of a model, as a dataset: segmented as by `atrous segment`, with its manifest, into a folder `masks`.

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { UserError } from '../../errors.ts'
import { isWebUrl } from '../../library/downloads.ts'
import { FileDataset } from '../../node/datasets/file_dataset.ts'
import type { Item } from '../../node/datasets/item.ts'
import { loadModel } from '../model.ts'
import { isQuiet } from '../quiet.ts'
import { isArchive, STANDARD_INPUT } from '../segment/input_photo.ts'
import type { ManifestRow } from '../segment/manifest.ts'
import { checkHeaders, findFiles, lookAhead } from '../segment/segment_inputs.ts'
import { folderOutput, prefixOf } from '../segment/segment_output.ts'
import { runBatch, type SegmentCommandOptions } from '../segment/segment_photos.ts'
import { SegmentReport } from '../segment/segment_report.ts'

interface Segmented {
  /** Undefined if a photo has no mask. */
  dataset?: FileDataset
  /** Throws the errors of photos, if there are any. */
  end(): void
}

/** Throws a UserError for photos that are not in files, and an InterruptedError if a signal ended the run. */
export async function segmentToDataset(
  named: readonly string[],
  given: SegmentCommandOptions,
): Promise<Segmented> {
  const odd = named.find(name => name === STANDARD_INPUT || isWebUrl(name) || isArchive(name))
  if (odd !== undefined) throw new UserError(`${odd}: expected photos in files, which are copied to --out`)
  const out = join(given.out, 'masks')
  const manifest = join(out, 'manifest.jsonl')
  const options = { ...given, out, manifest, mask: true, overlay: false, legend: false }
  const inputs = { named, recursive: given.recursive }
  const ahead = await lookAhead(findFiles(inputs), { grows: false })
  const report = new SegmentReport({ out, json: false, lines: !isQuiet() })
  const output = folderOutput(options)
  await output.check(ahead, named)
  await checkHeaders(ahead.first)
  if (ahead.isAll && ahead.first.every(({ error }) => error)) {
    for (const { file, error } of ahead.first) report.fail(file, error!)
    return { end: () => report.end() }
  }
  const model = await loadModel(given.model, given)
  try {
    await runBatch({ model, ahead, inputs, options, output, report })
    const items = await itemsOf(manifest, out)
    const dataset = items && new FileDataset('photos', model.classNames, items)
    return { dataset, end: () => report.end() }
  } finally {
    await model.dispose()
  }
}

/** Undefined if a photo has failed. */
async function itemsOf(manifest: string, out: string): Promise<Item[] | undefined> {
  const items: Item[] = []
  for await (const line of createInterface({ input: createReadStream(manifest) })) {
    const row: ManifestRow = JSON.parse(line)
    if ('error' in row) return undefined
    items.push({ id: row.file, image: row.file, labels: { file: `${prefixOf(row, out)}.mask.png` } })
  }
  return items
}
