// `atrous weights inspect`: prints the contents of a checkpoint file.

import { Command } from 'commander'
import { recogniseCheckpoint } from '../../model/recognition/index.ts'
import { readRegularFile } from '../../node/files/read_file.ts'
import { printable } from '../../printable.ts'
import { readCheckpoint } from '../../weights/checkpoint.ts'
import { checkpointFormat, networkIn } from '../../weights/checkpoint_format.ts'
import { bytesText, table } from '../format.ts'

const EXAMPLES = `
Examples:
  atrous weights inspect model.safetensors
  atrous weights inspect model.pth --json

Reads .safetensors and PyTorch's .pth, .pt and .bin. It never runs code in a
PyTorch file.`

export function inspectCommand(): Command {
  return new Command('inspect')
    .summary('show the contents of a checkpoint file')
    .description('Prints the contents of a checkpoint file: its format, its network, and each tensor.')
    .argument('<file>', 'a checkpoint')
    .option('--json', 'print an object')
    .addHelpText('after', EXAMPLES)
    .action(inspect)
}

/** The buffers of a batch norm, which are not parameters. */
const BUFFER = /(running_mean|running_var|num_batches_tracked)$/

async function inspect(file: string, { json }: { json?: true }): Promise<void> {
  const bytes = await readRegularFile(file)
  const stateDict = readCheckpoint(bytes, file)
  const parameters = [...stateDict].filter(([name]) => !BUFFER.test(name))
  const { network, foreign } = await recogniseCheckpoint(networkIn(stateDict))
  const tensors = [...stateDict].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  const found = {
    file,
    bytes: bytes.length,
    format: checkpointFormat(bytes),
    network: network?.architecture ?? null,
    names: foreign?.layout.name ?? network?.namedBy ?? null,
    parameters: parameters.reduce((sum, [, { data }]) => sum + data.length, 0),
    tensors,
  }
  if (json) console.log(JSON.stringify(found, undefined, 2))
  else {
    console.log(
      [
        `${file}: ${found.format}, ${bytesText(found.bytes)}`,
        `network: ${network ? `${network.description} (named as by ${foreign?.layout.name ?? network.namedBy})` : 'unknown'}`,
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
