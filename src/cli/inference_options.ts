// The options of `segment` and `evaluate` for the model and its input.

import { type Command, Option } from 'commander'
import type { InferenceOptions } from '../inference/inference_options.ts'
import { DEFAULT_MODEL } from './model.ts'
import { positiveInteger, precisionOption, scaleList } from './options.ts'

export const addInferenceOptions = (command: Command): Command =>
  command
    .option(
      '-m, --model <model>',
      'a name of `atrous weights list`, a checkpoint, its folder or its URL',
      DEFAULT_MODEL,
    )
    .option(
      '--output-stride <n>',
      "8 or 16, the reduction of the photo in the network (default: the model's)",
      positiveInteger,
    )
    .option('--scales <factors>', 'average the network over several image sizes', scaleList)
    .option('--flip', 'average with the mirrored photo')
    .addOption(
      new Option('--merge <how>', 'what becomes of several scales (default: mean)').choices(['mean', 'max']),
    )
    .option(
      '--size <pixels>',
      "longest edge to which the photo is scaled (default: the model's)",
      positiveInteger,
    )
    .addOption(precisionOption())

/** A command's options that the library takes. */
export const inferenceOf = ({
  outputStride,
  scales,
  flip,
  merge,
  size,
}: InferenceOptions): InferenceOptions => ({
  outputStride,
  scales,
  flip,
  merge,
  size,
})
