// The options of commands that run a network on photos, for the model and its input.

import { type Command, Option } from 'commander'
import type { InferenceOptions, RefinedOptions } from '../inference/inference_options.ts'
import { crfOption } from './crf_option.ts'
import { DEFAULT_MODEL } from './model.ts'
import { positiveInteger, precisionOption, scaleList } from './options.ts'

export const addNetworkOptions = (command: Command): Command =>
  command
    .option(
      '-m, --model <model>',
      'a name of `atrous weights list`, a checkpoint, its folder or its URL',
      DEFAULT_MODEL,
    )
    .option(
      '--output-stride <n>',
      "8, 16 or 32, the reduction of the photo in the network (default: the model's)",
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
    .addOption(
      new Option(
        '--upsampling <how>',
        "how results are enlarged: by half pixels, as PyTorch does, or with aligned corners, as TensorFlow does (default: the model's)",
      ).choices(['half-pixels', 'aligned-corners']),
    )
    .addOption(precisionOption())

/** The options of `segment` and `evaluate`. */
export const addInferenceOptions = (command: Command): Command =>
  addNetworkOptions(command).addOption(crfOption())

/** A command's options that the library takes for a network. */
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

/** A command's options that the library takes for a class map. */
export const refinedOf = ({ crf, ...options }: RefinedOptions): RefinedOptions => ({
  ...inferenceOf(options),
  crf,
})
