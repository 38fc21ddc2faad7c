// `atrous weights`: the public checkpoints, and checkpoint files.

import { Command } from 'commander'
import { convertCommand } from './weights_convert.ts'
import { inspectCommand } from './weights_inspect.ts'
import { listCommand } from './weights_list.ts'
import { pullCommand } from './weights_pull.ts'

const EXAMPLES = `
Examples:
  atrous weights list                                      what can be pulled by name
  atrous weights pull deeplabv3_resnet50_coco              168 MB, resumed where it broke off
  atrous weights inspect model.pth                         what network a file holds, tensor by tensor
  atrous weights convert model.pth model.safetensors       PyTorch's format to safetensors`

export function weightsCommand(): Command {
  const weights = new Command('weights')
    .summary('list, download, inspect and convert checkpoints')
    .description('Lists and downloads the public checkpoints, looks into checkpoint files and converts them.')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
  for (const command of [listCommand(), pullCommand(), inspectCommand(), convertCommand()])
    weights.addCommand(command)
  return weights
}
