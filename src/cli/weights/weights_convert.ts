// `atrous weights convert`: converts a checkpoint to safetensors, or a model to ONNX.

import { readFile, stat } from 'node:fs/promises'
import { Command } from 'commander'
import { UserError } from '../../errors.ts'
import { readModel } from '../../library/model_files.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { fileError } from '../../node/files/file_error.ts'
import { readRegularFile } from '../../node/files/read_file.ts'
import { type OnnxFile, onnxFiles } from '../../node/onnx_files.ts'
import { findWeights } from '../../node/weights.ts'
import type { OnnxExportOptions } from '../../onnx/deeplab.ts'
import { readCheckpoint } from '../../weights/checkpoint.ts'
import { writeSafetensors } from '../../weights/safetensors.ts'
import { bytesText } from '../format.ts'
import { optionFlag } from '../inference_options.ts'
import { checkReachable, withDownloads } from '../model.ts'
import { imageSize } from '../options.ts'
import { exists, refuseExisting } from '../output.ts'
import { quietableAction } from '../quiet.ts'

const EXAMPLES = `
Examples:
  atrous weights convert model.pth model.safetensors
  atrous weights convert run/best web/onnx/model.onnx
  atrous weights convert deeplabv3_mobilenet_v2 model.onnx --size 513

To .safetensors, from a file: tensors keep their names, dtypes and order.
Prefixes of wrappers that all names have ("module." of DataParallel, "model." of
Lightning, "_orig_mod." of torch.compile) are removed.

To .onnx (operator set 17), from any model that --model takes. The input is
pixel_values, float32 [batch_size, 3, height, width], normalised as in training;
the output is logits [batch_size, classes, height / N, width / N], N being the
output stride. Batch norms are folded into the convolutions. The file takes any
number of images of any size; with --size, one image of that size, for runtimes
that need fixed shapes, such as TensorRT and WebNN.

For transformers.js, config.json and preprocessor_config.json are written next
to the .onnx, or one level up if its folder is called onnx. Those in the model's
own folder are not changed.

Existing files are replaced only with --overwrite. A config.json that does not
describe a model is never replaced.`

export function convertCommand(): Command {
  const command = new Command('convert')
    .summary('convert a checkpoint to safetensors, or a model to ONNX')
    .description(
      'Converts a checkpoint to safetensors, which loads without a copy, or a model to ONNX, which onnxruntime and transformers.js run.',
    )
    .argument(
      '<in>',
      'a checkpoint (.safetensors, .pth, .pt or .bin); for ONNX also a folder, a name or a URL',
    )
    .argument('<out>', 'the file to write; ends in .safetensors or .onnx')
    .addOption(optionFlag('outputStride', 'output stride of the .onnx'))
    .option(
      '--size <n>',
      'the only input size of the .onnx: N or HEIGHTxWIDTH (default: any size)',
      imageSize,
    )
    .option('--overwrite', 'replace files that exist')
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, convert)
}

interface Options extends OnnxExportOptions {
  overwrite?: true
  quiet?: true
}

async function convert(input: string, output: string, options: Options): Promise<void> {
  const { overwrite, quiet: _, ...onnxOptions } = options
  const isOnnx = output.endsWith('.onnx')
  if (!isOnnx && !output.endsWith('.safetensors'))
    throw new UserError(`${output}: only .safetensors and .onnx can be written`)
  if (!isOnnx && Object.keys(onnxOptions).length > 0)
    throw new UserError(`--output-stride and --size are for .onnx files, not for ${output}`)
  if (!overwrite) await refuseExisting([output], '--overwrite replaces it')
  if (isOnnx) await toOnnx(input, output, { ...onnxOptions, overwrite })
  else await toSafetensors(input, output)
}

async function toSafetensors(input: string, output: string): Promise<void> {
  const stateDict = readCheckpoint(await readRegularFile(input), input)
  const converted = writeSafetensors(stateDict)
  await writeFileAtomic(output, converted)
  console.log(`${output}: ${stateDict.size} tensors, ${bytesText(converted.length)}`)
}

async function toOnnx(
  input: string,
  output: string,
  { overwrite, ...options }: Omit<Options, 'quiet'>,
): Promise<void> {
  const found = await withDownloads(input, options => findWeights(input, options))
  const model = await readModel(found)
  if (options.outputStride !== undefined) checkReachable(options.outputStride, input, model.config)
  const [onnx, ...beside] = await onnxFiles(output, { model, source: found.source, ...options })
  // Nothing is written until all files are checked.
  const files = [onnx]
  for (const file of beside) if (await isToBeWritten(file, { overwrite })) files.push(file)
  for (const { path, content } of files) {
    await writeFileAtomic(path, content)
    console.log(`${path}: ${bytesText((await stat(path)).size)}`)
  }
}

/** Fields that identify the JSON of a model. */
const MODEL_FIELDS = ['model_type', 'image_mean', 'image_processor_type', 'feature_extractor_type']

/**
 * Whether to write the file; false if it stays as it is. Throws a UserError if it is a file of the user that must not be
 * replaced.
 */
async function isToBeWritten(
  { path, content, optional }: OnnxFile,
  { overwrite }: Pick<Options, 'overwrite'>,
): Promise<boolean> {
  if (!(await exists(path))) return true
  if (optional) return false
  const text = await readFile(path, 'utf8').catch(error => {
    throw fileError(path, error)
  })
  if (text === content) return false
  if (!describesModel(text))
    throw new UserError(`${path} exists and does not describe a model: write the .onnx to another folder`)
  if (!overwrite)
    throw new UserError(`${path} exists: replace it with --overwrite, or write to another folder`)
  return true
}

function describesModel(text: string): boolean {
  try {
    const json = JSON.parse(text)
    return MODEL_FIELDS.some(field => Object.hasOwn(json, field))
  } catch {
    return false
  }
}
