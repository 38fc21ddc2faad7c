// The layer that knows the classes: the last convolution, which other classes need anew.

import type { Parameter } from '../graph/graph.ts'
import type { DeepLabConfig } from './config.ts'
import { networkParameters, normalSource } from './initial_weights.ts'

/** Small enough that an untrained classifier starts out undecided, with a loss of about ln(classes); as TensorFlow's DeepLab. */
const DEVIATION = 0.01

/** The classifier's weight [classes, c, 1, 1] and bias [classes]: every network here ends with them. */
export const classifierParameters = (config: DeepLabConfig): Parameter[] =>
  networkParameters(config).slice(-2)

/**
 * The network with an untrained classifier for `classes` classes, its weights drawn from `seed` and its bias zero; all
 * other weights stay, and are shared with `model`.
 */
export function withNewClassifier<T extends { config: DeepLabConfig; parameters: Map<string, Float32Array> }>(
  model: T,
  { classes, seed }: { classes: number; seed: number },
): T {
  const config = { ...model.config, classes }
  const [weight, bias] = classifierParameters(config)
  const normal = normalSource(seed)
  const parameters = new Map(model.parameters)
    .set(
      weight.name,
      Float32Array.from({ length: classes * weight.shape[1] }, () => normal() * DEVIATION),
    )
    .set(bias.name, new Float32Array(classes))
  return { ...model, config, parameters }
}
