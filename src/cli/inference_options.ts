// The options of `segment` and `evaluate` that say which model looks at a photo, and how.

import type { Command } from 'commander'
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
      "8 or 16: pixels of the photo to one of the network's (default: the model's)",
      positiveInteger,
    )
    .option('--scales <factors>', 'average the network over several image sizes', scaleList)
    .option('--flip', 'average over the mirrored photo too')
    .option(
      '--size <pixels>',
      "length of the photo's edge as the network sees it (default: the model's)",
      positiveInteger,
    )
    .addOption(precisionOption())

/** Of a command's options those that the library takes. */
export const inferenceOf = ({ outputStride, scales, flip, size }: InferenceOptions): InferenceOptions => ({
  outputStride,
  scales,
  flip,
  size,
})
