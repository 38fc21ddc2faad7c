// `atrous weights convert`: any checkpoint to safetensors.

import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from '../node/atomic.ts'
import { fileError } from '../node/file_error.ts'
import { readCheckpoint } from '../weights/checkpoint.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import { bytesText } from './format.ts'

const EXAMPLES = `
Examples:
  atrous weights convert model.pth model.safetensors

Tensors keep their names (less DataParallel's "module."), dtypes and order.`

export function convertCommand(): Command {
  return new Command('convert')
    .summary('convert a checkpoint file to safetensors')
    .description('Converts a checkpoint of any supported format to safetensors, which loads without a copy.')
    .argument('<in>', 'a checkpoint: .safetensors, .pth, .pt or .bin')
    .argument('<out>', 'the file to write; ends in .safetensors')
    .addHelpText('after', EXAMPLES)
    .action(convert)
}

async function convert(input: string, output: string): Promise<void> {
  if (!output.endsWith('.safetensors')) throw new UserError(`${output}: only .safetensors can be written`)
  const bytes = await readFile(input).catch(error => {
    throw fileError(input, error)
  })
  const stateDict = readCheckpoint(bytes, input)
  const converted = writeSafetensors(stateDict)
  await writeFileAtomic(output, converted)
  console.log(`${output}: ${stateDict.size} tensors, ${bytesText(converted.length)}`)
}
