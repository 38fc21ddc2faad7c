// `atrous export`: photos with their labels in the formats of other tools, from a dataset or by a model.

import { type Command as Cli, Command, Option } from 'commander'
import { UserError } from '../../errors.ts'
import { LABEL_FORMATS, type LabelFormat } from '../../library/label_formats.ts'
import { isDatasetName, openDataset } from '../../node/datasets/open.ts'
import { addInferenceOptions } from '../inference_options.ts'
import { quietableAction } from '../quiet.ts'
import type { SegmentCommandOptions } from '../segment/segment_photos.ts'
import { exportDataset } from './export_dataset.ts'
import { segmentToDataset } from './segment_to_dataset.ts'

const NOTES = `
Formats:
  coco      annotations/instances_SPLIT.json and images/: an instance for each
            connected part of a class. A part is a polygon along the borders of
            its pixels, or with holes a bitmap (RLE). Background is no category.
            Pixels that are not scored (255) have no annotation
  labelme   a JSON beside each photo, and classes.txt: a polygon for each
            connected part. What is in a hole follows the part around it
  voc       JPEGImages/, SegmentationClass/, ImageSets/ and classes.txt, as
            torchvision's VOCSegmentation reads them

Labels are exact: read back, each gives the same mask. --dataset of the other
commands takes the new folder as coco:DIR, labelme:DIR or voc:DIR.

Examples:
  atrous export folder:mine --format labelme --out mine-labelme
                                      masks/ and images/, without a model
  atrous export labelme:mine-labelme --format voc --out mine-voc
                                      what was corrected in LabelMe
  atrous export photos --model run/best --format coco --out labels
                                      a model's masks of new photos, which are
                                      also kept in labels/masks

Of a dataset, --split takes a part. Photos are segmented as \`atrous segment\`
does it, with its options, and --resume goes on after a run that was ended. A
photo without labels leaves the folder without its list of photos, so that no
half of a dataset is taken for a whole one.`

interface Options extends SegmentCommandOptions {
  format: LabelFormat
  split?: string
}

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes photos with their labels for other tools: of a dataset, or as a model sees photos.')
    .argument('<source...>', 'a dataset, such as folder:mine; or photos: files, folders and patterns')
    .addOption(
      new Option('-f, --format <format>', 'the format of the labels')
        .choices(LABEL_FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --out <folder>', 'where to write')
    .option('--split <name>', "the part of the dataset (default: all), and the new one's name for its photos")
    .option('-r, --recursive', 'take the photos in subfolders, too')
    .option('--resume', 'keep the masks of an earlier run')
    .option('--overwrite', 'replace files that exist')
  addInferenceOptions(command).addHelpText('after', NOTES)
  return quietableAction(command, run)
}

async function run(sources: string[], options: Options, command: Cli): Promise<void> {
  const { split = 'all' } = options
  if (!/^[\w-]+$/.test(split)) throw new UserError(`--split: expected letters and digits, got ${split}`)
  const named = sources.filter(isDatasetName)
  if (named.length === 0) {
    const { dataset, end } = await segmentToDataset(sources, options)
    if (dataset) await exportDataset(dataset, { ...options, split })
    return end()
  }
  if (sources.length > 1) throw new UserError(`${named[0]}: a dataset is exported alone`)
  const unused = ['model', 'resume', 'recursive'].find(name => command.getOptionValueSource(name) === 'cli')
  if (unused) throw new UserError(`--${unused}: ${named[0]} is a dataset, which has its labels`)
  await exportDataset(await openDataset(sources[0], { split }), { ...options, split })
}
