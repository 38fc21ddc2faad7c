// A model as an ONNX file, with what transformers.js reads beside it.

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { toHuggingFaceProcessor } from '../model/hugging_face.ts'
import { deepLabOnnx, type OnnxExportOptions } from '../onnx/export.ts'
import { writeFileAtomic } from './atomic.ts'
import { configJson, jsonText, type Model } from './model_files.ts'

/**
 * Writes `file` and, for transformers.js, config.json and preprocessor_config.json: beside it, or above it where its folder is
 * called `onnx`, as in Hugging Face's repositories. `source`, the checkpoint that the model was read from, keeps such files of its
 * own. Returns the paths of what was written. Throws a UserError for an output stride that the network cannot reach.
 */
export async function writeOnnx(
  file: string,
  { model, source, ...options }: { model: Model; source: string } & OnnxExportOptions,
): Promise<string[]> {
  const folder = basename(dirname(resolve(file))) === 'onnx' ? join(dirname(file), '..') : dirname(file)
  const isOwn = resolve(folder) === resolve(dirname(source))
  const id2label = Object.fromEntries(model.classNames.map((name, id) => [id, name]))
  const beside = [
    ['config.json', { ...configJson(model), id2label }],
    ['preprocessor_config.json', toHuggingFaceProcessor(model.preprocessing, options.size)],
  ] as const
  const written = [file]
  await writeFileAtomic(file, await deepLabOnnx(model, options))
  for (const [name, json] of beside) {
    const path = join(folder, name)
    if (isOwn && existsSync(path)) continue
    await writeFileAtomic(path, jsonText(json))
    written.push(path)
  }
  return written
}
