// What all engines compute: one network with its weights, and one photo. They are files, which the pages fetch and Node reads.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { findBenchModel } from '../../src/cli/bench/bench_model.ts'
import { modelFiles } from '../../src/library/model_files.ts'
import { onnxFiles } from '../../src/node/onnx_files.ts'

const PHOTO = fileURLToPath(new URL('../../web/sample.png', import.meta.url))

export interface WorkloadOptions {
  /** Any model that `atrous bench` takes. */
  model: string
  /** The sides of photo and network's input in pixels, so that no engine resizes: each has another filter. */
  size: number
}

/**
 * Writes `atrous`, a model of this package; `peers`, the same as ONNX with the files that transformers.js needs; and `photo.png`.
 * The ONNX file is for this one size: engines can prepare more in advance for it than for any size.
 */
export async function writeWorkload(folder: string, { model: name, size }: WorkloadOptions): Promise<void> {
  const found = await findBenchModel(name)
  const model = { ...found, preprocessing: { ...found.preprocessing, size } }
  const onnx = { model, source: name, size: { width: size, height: size } }
  const files = new Map<string, string | Uint8Array>()
  for (const [name, content] of modelFiles(model)) files.set(join('atrous', name), content)
  for (const { path, content } of await onnxFiles('peers/onnx/model.onnx', onnx)) files.set(path, content)
  files.set('photo.png', await sharp(PHOTO).resize(size, size).removeAlpha().png().toBuffer())
  for (const [file, content] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
}
