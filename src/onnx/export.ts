// The door to ONNX for a program. What builds the file, and its library, is loaded at the first call.

import type { DeepLabConfig } from '../model/config.ts'

export interface OnnxExportOptions {
  /** At which the network is to run. Default: the model's. */
  outputStride?: number
  /** Of the only images that the file will take, one at a time. Default: images of any size, any number at once. */
  size?: { height: number; width: number }
}

/**
 * The ONNX file (operator set 17) of a network: `pixel_values`, normalised images [n, 3, h, w] → `logits`
 * [n, classes, ⌈h/outputStride⌉, ⌈w/outputStride⌉], by the names that Hugging Face uses. `model` is a `DeepLab.state`: every
 * parameter by name, in its checkpoint's layout. Throws a UserError for an output stride that the network cannot reach.
 */
export async function deepLabOnnx(
  model: { config: DeepLabConfig; parameters: ReadonlyMap<string, Float32Array> },
  options: OnnxExportOptions = {},
): Promise<Uint8Array> {
  const onnx = await import('./deeplab.ts')
  return onnx.deepLabOnnx(model, options)
}
