// `atrous weights inspect`: what a checkpoint file holds.

import { Command } from 'commander'
import { recogniseNetwork } from '../../model/backbones/index.ts'
import { readRegularFile } from '../../node/files/read_file.ts'
import { printable } from '../../printable.ts'
import { checkpointFormat, readCheckpoint } from '../../weights/checkpoint.ts'
import { bytesText, table } from '../format.ts'

const EXAMPLES = `
Examples:
  atrous weights inspect model.safetensors
  atrous weights inspect model.pth --json

Reads .safetensors and PyTorch's .pth, .pt and .bin. Nothing in a PyTorch file
is ever run.`

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('see what a checkpoint file holds')
    .description('Prints what a checkpoint file holds: its format, its network, and each tensor.')
    .argument('<file>', 'a checkpoint')
    .option('--json', 'print an object')
    .addHelpText('after', EXAMPLES)
    .action(inspect)
}

/** What a batch norm keeps besides its parameters. */
const BUFFER = /(running_mean|running_var|num_batches_tracked)$/

async function inspect(file: string, { json }: { json?: true }): Promise<void> {
  const bytes = await readRegularFile(file)
  const stateDict = readCheckpoint(bytes, file)
  const parameters = [...stateDict].filter(([name]) => !BUFFER.test(name))
  const network = recogniseNetwork(stateDict)
  const tensors = [...stateDict].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  const found = {
    file,
    bytes: bytes.length,
    format: checkpointFormat(bytes),
    network: network?.architecture ?? null,
    parameters: parameters.reduce((sum, [, { data }]) => sum + data.length, 0),
    tensors,
  }
  if (json) console.log(JSON.stringify(found, undefined, 2))
  else {
    console.log(
      [
        `${file}: ${found.format}, ${bytesText(found.bytes)}`,
        `network: ${network?.description ?? 'none that is known here'}`,
        `${tensors.length} tensors, ${found.parameters.toLocaleString('en')} parameters`,
        '',
        table([
          ['name', 'dtype', 'shape'],
          ...tensors.map(({ name, dtype, shape }) => [printable(name), dtype, `[${shape.join(', ')}]`]),
        ]),
      ].join('\n'),
    )
  }
}
