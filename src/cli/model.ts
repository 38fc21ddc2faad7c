import { UserError } from '../errors.ts'
import type { Precision } from '../kernels/layout.ts'
import { type DeepLabConfig, outputStrides } from '../model/config.ts'
import { DeepLab } from '../node/deeplab.ts'
import { downloadBar } from './progress.ts'

export const DEFAULT_MODEL = 'deeplabv3_mobilenet_v2'

/** Loads a model, and shows its download. Throws a UserError where it cannot run at the output stride or precision that are asked for. */
export async function loadModel(
  name: string,
  { outputStride, precision }: { outputStride?: number; precision?: Precision } = {},
): Promise<DeepLab> {
  const bar = downloadBar()
  const model = await DeepLab.load(name, { precision, onProgress: bar.onProgress }).finally(bar.stop)
  try {
    if (outputStride !== undefined) checkReachable(outputStride, name, model.config)
    return model
  } catch (error) {
    await model.dispose()
    throw error
  }
}

/** Throws a UserError where a model of this name and config cannot run at an output stride. */
export function checkReachable(outputStride: number, name: string, config: DeepLabConfig): void {
  const reachable = outputStrides(config)
  if (!reachable.includes(outputStride))
    throw new UserError(`--output-stride ${outputStride}: ${name} runs at ${reachable.join(', ')}`)
}
