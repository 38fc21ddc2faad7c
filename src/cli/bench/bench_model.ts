// The network for a bench.

import { existsSync } from 'node:fs'
import type { Precision } from '../../kernels/layout.ts'
import { type Model, readModel, untrainedModel } from '../../library/model_files.ts'
import { backboneNames, loadNetwork } from '../../model/backbones/index.ts'
import { deepLabConfig } from '../../model/config.ts'
import { type Preset, presets } from '../../model/presets.ts'
import { findWeights } from '../../node/weights.ts'
import { withDownloads } from '../model.ts'

export interface BenchModel extends Model {
  /** Whether its weights are random: then they are in no file. */
  untrained: boolean
  /** Default: fp32. */
  precision?: Precision
}

/**
 * The network of a backbone or a preset by its name, with weights from a fixed seed: their values do not change the times. A
 * backbone stands for the paper's network on it, ResNets with multi-grid 1, 2, 4, ASPP and image pooling. Any other name, and
 * the name of a file that exists, is a trained model as other commands find it. Throws a UserError if there is none.
 */
export async function findBenchModel(name: string): Promise<BenchModel> {
  const backbone = backboneNames.find(known => known === name)
  const network: Pick<Preset, 'config' | 'size'> | undefined = backbone
    ? { config: deepLabConfig({ backbone }) }
    : presets.find(known => known.name === name)
  if (network && !existsSync(name)) {
    await loadNetwork(network.config)
    return { ...untrainedModel(network.config, { size: network.size }), untrained: true }
  }
  const found = await withDownloads(name, options => findWeights(name, options))
  return { ...(await readModel(found)), untrained: false }
}
