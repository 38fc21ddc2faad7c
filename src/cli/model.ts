import { UserError } from '../errors.ts'
import type { Precision } from '../kernels/layout.ts'
import { shownSource, UnreachableError } from '../library/downloads.ts'
import { type DeepLabConfig, outputStrides } from '../model/config.ts'
import { DeepLab } from '../node/deeplab.ts'
import { type DownloadBar, downloadBar } from './progress.ts'

export const DEFAULT_MODEL = 'deeplabv3_mobilenet_v2'

/**
 * Runs work that may download a model, and shows the download. If the default model cannot be downloaded, the error suggests one
 * that needs no network.
 */
export async function withDownloads<T>(
  model: string,
  load: (options: Omit<DownloadBar, 'stop'>) => Promise<T>,
): Promise<T> {
  const { stop, ...options } = downloadBar()
  try {
    return await load(options)
  } catch (error) {
    if (!(error instanceof UnreachableError) || model !== DEFAULT_MODEL) throw error
    throw new UserError(
      `${error.message}; try again online, or try \`--model scenes\`, which needs no network`,
    )
  } finally {
    stop()
  }
}

/** A command's options that a model is loaded with. */
export interface ModelOptions {
  outputStride?: number
  precision?: Precision
  upsampling?: 'half-pixels' | 'aligned-corners'
}

/** Loads a model, and shows its download. Throws a UserError if it does not support the requested output stride or precision. */
export async function loadModel(
  name: string,
  { outputStride, precision, upsampling }: ModelOptions = {},
): Promise<DeepLab> {
  const alignCorners = upsampling && upsampling === 'aligned-corners'
  const model = await withDownloads(name, options =>
    DeepLab.load(name, { precision, alignCorners, ...options }),
  )
  try {
    if (outputStride !== undefined) checkReachable(outputStride, name, model.config)
    return model
  } catch (error) {
    await model.dispose()
    throw error
  }
}

/** Throws a UserError if the model with this name and config cannot run at an output stride. */
export function checkReachable(outputStride: number, name: string, config: DeepLabConfig): void {
  const reachable = outputStrides(config)
  if (!reachable.includes(outputStride))
    throw new UserError(
      `--output-stride ${outputStride}: ${shownSource(name)} runs at ${reachable.join(', ')}`,
    )
}
