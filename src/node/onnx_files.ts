// A model as an ONNX file, with the files that transformers.js reads.

import { basename, dirname, join, resolve } from 'node:path'
import { configJson, jsonText, type Model } from '../library/model_files.ts'
import { toHuggingFaceProcessor } from '../model/hugging_face.ts'
import type { OnnxExportOptions } from '../onnx/deeplab.ts'
import { deepLabOnnx } from '../onnx/export.ts'

export interface OnnxFile {
  path: string
  content: string | Uint8Array
  /** Whether an existing file stays unchanged: the model's own folder has its own config. */
  optional: boolean
}

/**
 * The contents of `file` and, for transformers.js, of config.json and preprocessor_config.json. These two are next to `file`, or
 * one level up if its folder is called `onnx`, as in Hugging Face's repositories. `source` is the checkpoint that the model was
 * read from. Throws a UserError for an output stride that the network cannot reach.
 */
export async function onnxFiles(
  file: string,
  { model, source, ...options }: { model: Model; source: string } & OnnxExportOptions,
): Promise<OnnxFile[]> {
  const folder = basename(dirname(resolve(file))) === 'onnx' ? join(dirname(file), '..') : dirname(file)
  const optional = resolve(folder) === resolve(dirname(source))
  const id2label = Object.fromEntries(model.classNames.map((name, id) => [id, name]))
  const beside = {
    'config.json': { ...configJson(model), id2label },
    'preprocessor_config.json': toHuggingFaceProcessor(model.preprocessing, options.size),
  }
  return [
    { path: file, content: await deepLabOnnx(model, options), optional: false },
    ...Object.entries(beside).map(([name, json]) => ({
      path: join(folder, name),
      content: jsonText(json),
      optional,
    })),
  ]
}
