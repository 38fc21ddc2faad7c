// `atrous weights inspect`: what a checkpoint file holds.

import { Command } from 'commander'
import { readRegularFile } from '../../node/files/read_file.ts'
import { printable } from '../../printable.ts'
import { checkpointFormat, readCheckpoint } from '../../weights/checkpoint.ts'
import { type Architecture, recogniseArchitecture } from '../../weights/names.ts'
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
  const tensors = [...stateDict].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  const found = {
    file,
    bytes: bytes.length,
    format: checkpointFormat(bytes),
    network: recogniseArchitecture(stateDict) ?? null,
    parameters: parameters.reduce((sum, [, { data }]) => sum + data.length, 0),
    tensors,
  }
  if (json) console.log(JSON.stringify(found, undefined, 2))
  else {
    console.log(
      [
        `${file}: ${found.format}, ${bytesText(found.bytes)}`,
        `network: ${found.network ? networkText(found.network) : 'none that is known here'}`,
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

function networkText(network: Architecture): string {
  const classes = `${network.classes} classes`
  if (network.family === 'huggingface-mobilenet_v2')
    return `DeepLabv3-MobileNetV2 of width ${network.depthMultiplier}, ${classes} (named as by Hugging Face)`
  const { units, aspp, auxiliaryHead } = network
  const depth = 3 * units.slice(0, 4).reduce((a, b) => a + b) + 2
  const head = aspp
    ? `ASPP of ${aspp.atrousBranches} atrous branches${aspp.imagePooling ? ' and image pooling' : ''}`
    : `${units.length} blocks, no ASPP`
  const auxiliary = auxiliaryHead ? ', auxiliary head' : ''
  return `DeepLabv3-ResNet-${depth}, ${head}${auxiliary}, ${classes} (named as by torchvision)`
}
