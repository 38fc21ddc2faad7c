import { UserError } from '../errors.ts'
import { outputStrides } from '../model/config.ts'
import { DeepLab } from '../node/deeplab.ts'
import { downloadBar } from './progress.ts'

export const DEFAULT_MODEL = 'deeplabv3_mobilenet_v2'

/** Loads a model, and shows its download. Throws a UserError where it cannot run at the output stride, if one is asked for. */
export async function loadModel(name: string, outputStride?: number): Promise<DeepLab> {
  const bar = downloadBar()
  const model = await DeepLab.load(name, { onProgress: bar.onProgress }).finally(bar.stop)
  const reachable = outputStrides(model.config)
  if (outputStride === undefined || reachable.includes(outputStride)) return model
  await model.dispose()
  throw new UserError(`--output-stride ${outputStride}: ${name} runs at ${reachable.join(', ')}`)
}
