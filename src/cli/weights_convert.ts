// `atrous weights convert`: any checkpoint to safetensors, and any model to ONNX.

import { readFile, stat } from 'node:fs/promises'
import { Command } from 'commander'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from '../node/atomic.ts'
import { fileError } from '../node/file_error.ts'
import { readModel } from '../node/model_files.ts'
import { writeOnnx } from '../node/onnx_files.ts'
import { findWeights } from '../node/weights.ts'
import type { OnnxExportOptions } from '../onnx/export.ts'
import { readCheckpoint } from '../weights/checkpoint.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import { bytesText } from './format.ts'
import { imageSize, positiveInteger } from './options.ts'
import { downloadBar } from './progress.ts'

const EXAMPLES = `
Examples:
  atrous weights convert model.pth model.safetensors
  atrous weights convert run/best web/onnx/model.onnx
  atrous weights convert deeplabv3_mobilenet_v2 model.onnx --size 513

To .safetensors, from a file: tensors keep their names (less DataParallel's
"module."), dtypes and order.

To .onnx (operator set 17), from all that --model takes elsewhere. The input is
pixel_values, float32 [batch_size, 3, height, width], normalised as in training;
the output is logits [batch_size, classes, height / N, width / N], N being the
output stride. Batch norms are folded into the convolutions. The file takes any
number of images of any size; with --size, one image of that size, for runtimes
that want all shapes fixed, such as TensorRT and WebNN.

For transformers.js, config.json and preprocessor_config.json are written beside
the .onnx, or above it where its folder is called onnx. Those of the model's own
folder stay as they are.`

export function convertCommand(): Command {
  return new Command('convert')
    .summary('convert a checkpoint to safetensors, or a model to ONNX')
    .description(
      'Converts a checkpoint to safetensors, which loads without a copy, or a model to ONNX, which onnxruntime and transformers.js run.',
    )
    .argument(
      '<in>',
      'a checkpoint (.safetensors, .pth, .pt or .bin); for ONNX also a folder, a name or a URL',
    )
    .argument('<out>', 'the file to write; ends in .safetensors or .onnx')
    .option('--output-stride <n>', "of the .onnx: the backbone's (default: the model's)", positiveInteger)
    .option(
      '--size <n>',
      'of the .onnx: N or HEIGHTxWIDTH, the only size that it takes (default: any)',
      imageSize,
    )
    .addHelpText('after', EXAMPLES)
    .action(convert)
}

async function convert(input: string, output: string, options: OnnxExportOptions): Promise<void> {
  if (output.endsWith('.onnx')) return toOnnx(input, output, options)
  if (!output.endsWith('.safetensors'))
    throw new UserError(`${output}: only .safetensors and .onnx can be written`)
  if (Object.keys(options).length > 0)
    throw new UserError(`--output-stride and --size are for .onnx files, not for ${output}`)
  await toSafetensors(input, output)
}

async function toSafetensors(input: string, output: string): Promise<void> {
  const bytes = await readFile(input).catch(error => {
    throw fileError(input, error)
  })
  const stateDict = readCheckpoint(bytes, input)
  const converted = writeSafetensors(stateDict)
  await writeFileAtomic(output, converted)
  console.log(`${output}: ${stateDict.size} tensors, ${bytesText(converted.length)}`)
}

async function toOnnx(input: string, output: string, options: OnnxExportOptions): Promise<void> {
  const bar = downloadBar()
  const found = await findWeights(input, { onProgress: bar.onProgress }).finally(bar.stop)
  const written = await writeOnnx(output, { model: readModel(found), source: found.source, ...options })
  for (const file of written) console.log(`${file}: ${bytesText((await stat(file)).size)}`)
}
