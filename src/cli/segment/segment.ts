// `atrous segment`: segments photos to masks and overlays.

import { Command, Option } from 'commander'
import { UserError } from '../../errors.ts'
import type { RefinedOptions } from '../../inference/inference_options.ts'
import type { DeepLab } from '../../node/deeplab.ts'
import { addInferenceOptions, inferenceOf } from '../inference_options.ts'
import { loadModel, type ModelOptions } from '../model.ts'
import { share } from '../options.ts'
import { isQuiet, quietableAction } from '../quiet.ts'
import { attempt, loaded, STANDARD_INPUT } from './input_photo.ts'
import { type Ahead, checkHeaders, lookAhead } from './look_ahead.ts'
import { runBatch } from './segment_batch.ts'
import { EXAMPLES } from './segment_help.ts'
import { findFiles, type InputOptions } from './segment_inputs.ts'
import { folderOutput, type SegmentOutputOptions, STANDARD_OUTPUT, standardOutput } from './segment_output.ts'
import { probabilitiesOption } from './segment_probabilities.ts'
import { SegmentReport } from './segment_report.ts'
import { shardOption, shardWarning } from './shard.ts'

export interface SegmentCommandOptions
  extends ModelOptions,
    RefinedOptions,
    SegmentOutputOptions,
    Omit<InputOptions, 'named'> {
  model: string
  manifest?: string
  explain?: true
  json?: true
}

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Segments photos: writes a mask of class ids and an overlay for each.')
    .argument(
      '[image...]',
      'JPEG, PNG, WebP, AVIF, TIFF or GIF files, folders of them, patterns, tar archives, http: or https: URLs, or - for standard input',
    )
    .option('-o, --out <folder>', 'where to write; - means standard output', 'out')
    .option('-r, --recursive', 'take the photos in subfolders, too')
    .option(
      '--list <file>',
      'photos and archives by name, one on each line or between NULs; - is standard input',
    )
    .option(
      '--shard <i/n>',
      'one of n parts of the photos, from 0; /n takes i from JOB_COMPLETION_INDEX',
      shardOption,
    )
    .option('--manifest <file>', 'where to write a line of JSON for each photo')
    .option('--resume', 'keep what an earlier run has done')
    .option('--no-mask', 'write no masks')
    .option('--no-overlay', 'write no overlays')
    .addOption(probabilitiesOption())
    .option(
      '--opacity <share>',
      "opacity of the classes' colours in overlays, from 0 to 1 (default: 0.55)",
      share,
    )
    .option('--no-legend', 'draw overlays without the legend')
    .option('--overwrite', 'also replace files that are not results of this command')
  addInferenceOptions(command)
    .option('--json', 'print an array of results')
    .addOption(
      new Option('--explain', 'print the plan with shapes and costs, and run nothing').conflicts('json'),
    )
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, segment, 'print nothing but errors')
}

async function segment(named: string[], options: SegmentCommandOptions): Promise<void> {
  const { json, out, list, recursive, shard } = options
  checkOptions(named, options)
  const inputs = { named, list, recursive, shard }
  const ahead = await lookAhead(findFiles(inputs), { grows: list === STANDARD_INPUT })
  const lines = !isQuiet() && !json && out !== STANDARD_OUTPUT
  const report = new SegmentReport({ out, json: json === true, lines })
  try {
    await segmentAll({ ahead, inputs, options, report })
  } catch (error) {
    report.endBy(error, ahead.first.slice(report.count))
  }
  report.end()
}

/** Throws a UserError for options that contradict each other. */
function checkOptions(
  named: readonly string[],
  { list, out, json, explain, shard }: SegmentCommandOptions,
): void {
  if (named.length === 0 && list === undefined)
    throw new UserError(
      'expected photos: files, folders, patterns or archives, or --list with a file of names',
    )
  if (list === STANDARD_INPUT && named.includes(STANDARD_INPUT))
    throw new UserError('--list -: standard input cannot be both a list of names and a photo')
  if (out === STANDARD_OUTPUT && (json || explain))
    throw new UserError(`--out -: standard output cannot take both a PNG and --${json ? 'json' : 'explain'}`)
  const warning = shardWarning(shard)
  if (warning && !isQuiet()) console.error(`warning: ${warning}`)
}

/** Checks what it can before anything is downloaded or computed. */
async function segmentAll({
  ahead,
  inputs,
  options,
  report,
}: {
  ahead: Ahead
  inputs: InputOptions
  options: SegmentCommandOptions
  report: SegmentReport
}): Promise<void> {
  const { first, isAll } = ahead
  const output = options.out === STANDARD_OUTPUT ? standardOutput(options) : folderOutput(options)
  if (!options.explain) await output.check(ahead, inputs.named)
  await checkHeaders(first)
  if (isAll && first.every(({ error }) => error)) {
    if (first.length === 0 && !isQuiet()) console.error('this shard has no photo')
    for (const { file, error } of first) report.fail(file, error!)
    return
  }
  const model = await loadModel(options.model, options)
  try {
    if (options.explain) await explainAll(model, ahead, { options, report })
    else await runBatch({ model, ahead, inputs, options, output, report })
  } finally {
    await model.dispose()
  }
}

async function explainAll(
  model: DeepLab,
  { photos, first, isAll }: Ahead,
  { options, report }: { options: SegmentCommandOptions; report: SegmentReport },
): Promise<void> {
  const isOne = isAll && first.length === 1
  for await (const photo of photos) {
    const plan = await attempt(photo, async () => model.explain(await loaded(photo), inferenceOf(options)))
    if (plan) report.explain(isOne ? plan : `${photo.file}\n${plan}\n`)
    else report.fail(photo.file, photo.error!)
  }
}
