// `atrous weights`: lists, downloads, inspects and converts checkpoints.

import { Command } from 'commander'
import { convertCommand } from './weights_convert.ts'
import { inspectCommand } from './weights_inspect.ts'
import { listCommand } from './weights_list.ts'
import { pullCommand } from './weights_pull.ts'

const EXAMPLES = `
Examples:
  atrous weights list                                  what there is by name
  atrous weights pull deeplabv3_resnet50_coco          168 MB, resumable
  atrous weights inspect model.pth                     what network a file holds
  atrous weights convert model.pth model.safetensors   from PyTorch's format`

export function weightsCommand(): Command {
  const weights = new Command('weights')
    .description('Lists and downloads public checkpoints; inspects and converts checkpoint files.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
  for (const command of [listCommand(), pullCommand(), inspectCommand(), convertCommand()])
    weights.addCommand(command)
  return weights
}
