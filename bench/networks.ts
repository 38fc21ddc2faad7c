// The networks that benches run, and what they run on: weights need not be trained, nor photos show anything.

import { existsSync } from 'node:fs'
import { initialWeights } from '../src/model/initial_weights.ts'
import { preset } from '../src/model/presets.ts'
import type { Photo } from '../src/model/segmenter.ts'
import { initialPreprocessing, readModel } from '../src/node/model_files.ts'
import { findWeights } from '../src/node/weights.ts'
import type { TrainedNetwork } from '../src/train/training_network.ts'
import { randomSource } from '../test/reference/random.ts'

/** A preset with seeded random weights, or a saved model by its path. Throws a UserError where there is neither. */
export async function benchNetwork(nameOrPath: string): Promise<TrainedNetwork> {
  if (existsSync(nameOrPath)) return readModel(await findWeights(nameOrPath))
  const { config } = preset(nameOrPath)
  return { config, preprocessing: initialPreprocessing(config), parameters: initialWeights(config, 0) }
}

/** A square photo of seeded noise. */
export function noise(size: number): Photo {
  const random = randomSource(1)
  const data = Uint8Array.from({ length: size * size * 4 }, () => random() * 256)
  return { width: size, height: size, data, originalWidth: size, originalHeight: size }
}
