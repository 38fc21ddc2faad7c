// The public function for ONNX. The code that builds the file, and its library, load at the first call.

import type { DeepLabConfig } from '../model/config.ts'
import type { OnnxExportOptions } from './deeplab.ts'

/**
 * The ONNX file (operator set 17) of a network: `pixel_values`, normalised images [n, 3, h, w] → `logits` [n, classes,
 * ⌈h/outputStride⌉, ⌈w/outputStride⌉]. The names are Hugging Face's. `model` is a `DeepLab.state`: every parameter by name, in
 * its checkpoint's layout. Throws a UserError for an output stride that the network cannot reach.
 */
export async function deepLabOnnx(
  model: { config: DeepLabConfig; parameters: ReadonlyMap<string, Float32Array> },
  options: OnnxExportOptions = {},
): Promise<Uint8Array> {
  const { encodeDeepLab } = await import('./deeplab.ts')
  return encodeDeepLab(model, options)
}
