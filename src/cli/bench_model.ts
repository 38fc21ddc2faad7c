// The network that a bench runs.

import { existsSync } from 'node:fs'
import { presets } from '../model/presets.ts'
import { type Model, readModel, untrainedModel } from '../node/model_files.ts'
import { findWeights } from '../node/weights.ts'
import { downloadBar } from './progress.ts'

export interface BenchModel extends Model {
  /** Whether its weights are random ones, that are nowhere else. */
  untrained: boolean
}

/**
 * A preset by its name, or by `resnet50` for `deeplabv3_resnet50`, its weights drawn from a fixed seed: what they are does not
 * change how long they take. Else, and where there is a file of that name, a trained model as other commands find it.
 * Throws a UserError where there is neither.
 */
export async function findBenchModel(name: string): Promise<BenchModel> {
  const preset = presets.find(({ name: known }) => known === name || known === `deeplabv3_${name}`)
  if (preset && !existsSync(name))
    return { ...untrainedModel(preset.config, { size: preset.size }), untrained: true }
  const bar = downloadBar()
  const found = await findWeights(name, { onProgress: bar.onProgress }).finally(bar.stop)
  return { ...readModel(found), untrained: false }
}
