// `atrous weights pull`: a public checkpoint into the cache.

import { Command } from 'commander'
import { pullWeights } from '../node/weights.ts'
import { downloadBar } from './progress.ts'
import { quietableAction } from './quiet.ts'

const EXAMPLES = `
Examples:
  atrous weights pull deeplabv3_mobilenet_v2
  folder=$(atrous weights pull google/deeplabv3_mobilenet_v2_1.0_513)
  atrous weights inspect "$folder/pytorch_model.bin"

A download that broke off goes on where it stopped; what is there already is
not downloaded again.`

export function pullCommand(): Command {
  const command = new Command('pull')
    .summary('download one by its name')
    .description('Downloads a public checkpoint, verifies it and prints the folder where it lies.')
    .argument('<name>', 'a name of `atrous weights list`')
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, pull)
}

async function pull(name: string): Promise<void> {
  const bar = downloadBar()
  console.log(await pullWeights(name, { onProgress: bar.onProgress }).finally(bar.stop))
}
