// The network that a bench runs.

import { existsSync } from 'node:fs'
import type { Precision } from '../../kernels/layout.ts'
import { type Backbone, deepLabConfig } from '../../model/config.ts'
import { type Preset, presets } from '../../model/presets.ts'
import { type Model, readModel, untrainedModel } from '../../node/model_files.ts'
import { findWeights } from '../../node/weights.ts'
import { withDownloads } from '../model.ts'

export interface BenchModel extends Model {
  /** Whether its weights are random ones, that are nowhere else. */
  untrained: boolean
  /** At which it runs. Default: fp32. */
  precision?: Precision
}

/** They stand for the paper's network on them: for ResNets with multi-grid 1, 2, 4, ASPP and image pooling. */
const BACKBONES: readonly Backbone[] = ['resnet50', 'resnet101', 'mobilenet_v2']

/**
 * The network of a backbone or a preset, by its name, with weights drawn from a fixed seed: what they are does not change how long
 * they take. Else, and where there is a file of that name, a trained model as other commands find it.
 * Throws a UserError where there is neither.
 */
export async function findBenchModel(name: string): Promise<BenchModel> {
  const backbone = BACKBONES.find(known => known === name)
  const network: Pick<Preset, 'config' | 'size'> | undefined = backbone
    ? { config: deepLabConfig({ backbone }) }
    : presets.find(known => known.name === name)
  if (network && !existsSync(name))
    return { ...untrainedModel(network.config, { size: network.size }), untrained: true }
  const found = await withDownloads(name, options => findWeights(name, options))
  return { ...readModel(found), untrained: false }
}
