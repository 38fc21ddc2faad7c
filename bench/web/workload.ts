// What all engines compute: one network with its weights, and one photo. They are files, which the pages fetch and Node reads.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { findBenchModel } from '../../src/cli/bench/bench_model.ts'
import { type Model, modelFiles } from '../../src/library/model_files.ts'
import { classifierParameters } from '../../src/model/classifier.ts'
import { DeepLab } from '../../src/node/index.ts'
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
  const photo = await sharp(PHOTO).resize(size, size).removeAlpha().png().toBuffer()
  const found = await findBenchModel(name)
  const sized = { ...found, preprocessing: { ...found.preprocessing, size } }
  const model = found.untrained ? await withoutFavourite(sized, photo) : sized
  const onnx = { model, source: name, size: { width: size, height: size } }
  const files = new Map<string, string | Uint8Array>()
  for (const [name, content] of modelFiles(model)) files.set(join('atrous', name), content)
  for (const { path, content } of await onnxFiles('peers/onnx/model.onnx', onnx)) files.set(path, content)
  files.set('photo.png', photo)
  for (const [file, content] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
}

/**
 * With other biases in the classifier, so that all classes have the same mean logit on the photo. An untrained network finds one
 * class nearly everywhere: masks would agree whatever the engines compute.
 */
async function withoutFavourite(model: Model, photo: Uint8Array): Promise<Model> {
  const network = await DeepLab.create(model.config, { size: model.preprocessing.size, tune: 'off' })
  await network.setParameters(model.parameters)
  const { logits } = await network.segment(photo, { output: 'logits', at: 'network' })
  await network.dispose()
  const { classes } = model.config
  const pixels = logits.data.length / classes
  const means = new Float32Array(classes)
  for (const [i, logit] of logits.data.entries()) means[i % classes] += logit / pixels
  const biases = classifierParameters(model.config).filter(({ name }) => name.endsWith('.bias'))
  const changed = biases.map(({ name }) => {
    const values = model.parameters.get(name)!.map((bias, id) => bias - means[id])
    return [name, values] as const
  })
  return { ...model, parameters: new Map([...model.parameters, ...changed]) }
}
