// The training graph of a network: from photos and labels to the losses and the gradient of every parameter.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { type TrainingGraph, trainingGraph } from '../graph/autodiff/training_graph.ts'
import type { ModelGraph } from '../graph/ops/index.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import type { LossTerms } from '../graph/ops/loss_term.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { deepLabInTraining } from '../model/deeplab.ts'
import { networkImage, photoInput } from '../model/network_image.ts'
import type { Preprocessing } from '../model/preprocessing.ts'
import { learning } from './learned_parameters.ts'
import type { TrainingOptions } from './training_options.ts'

/** A network and its weights. */
export interface TrainedNetwork {
  config: DeepLabConfig
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: ReadonlyMap<string, Float32Array>
}

/**
 * The graph of one micro-batch. Inputs: `photo`, rgba8 [n, crop, crop, 4] or samples [n, crop, crop, c]; `labels`, class8 [n, crop, crop, 1]; with class
 * weights `classWeights` [1, 1, 1, classes]; with dropout `step`, a u32 on which its masks depend; with `ownLabels` of `lossTerms`,
 * which `lossTermsOf` loads, `termLabels` like `labels`.
 */
export function networkInTraining(
  network: Omit<TrainedNetwork, 'parameters'>,
  options: TrainingOptions,
  lossTerms?: LossTerms,
): TrainingGraph {
  const { cropSize, freezeBatchNorm, batchNormDecay, classWeights, auxiliaryLoss, labelSmoothing } = options
  const { config } = network
  return trainingGraph(logitsOf(network, options), {
    labels: { height: cropSize, width: cropSize },
    ignoreIndex: IGNORE_INDEX,
    alignCorners: config.alignCorners,
    classWeights: Boolean(classWeights),
    lossWeights: auxiliaryLoss > 0 ? [1, auxiliaryLoss] : [1],
    learns: options.backboneLearningRate === 0 ? learning(config, options) : undefined,
    labelSmoothing,
    lossTerms,
    batchNorm: freezeBatchNorm ? { mode: 'frozen' } : { mode: 'batch', momentum: 1 - batchNormDecay },
  })
}

/** The graph from photos to the logits of each head, [n, ⌈crop/outputStride⌉, ⌈crop/outputStride⌉, classes]. */
function logitsOf(
  { config, preprocessing }: Omit<TrainedNetwork, 'parameters'>,
  options: TrainingOptions,
): ModelGraph {
  const { batchSize, microBatchSize = batchSize, cropSize, outputStride, auxiliaryLoss } = options
  const { dropout: p, seed } = options
  const builder = new GraphBuilder()
  const size = { height: cropSize, width: cropSize }
  const photo = photoInput(builder, { batch: microBatchSize, ...size }, preprocessing)
  const image = networkImage(builder, photo, { ...preprocessing, ...size })
  const dropout = p > 0 ? { p, seed, step: builder.input('step', [1, 1, 1, 1], 'u32') } : undefined
  const parts = { dropout, auxiliaryHead: auxiliaryLoss > 0 }
  return builder.build(deepLabInTraining(builder, image, config, { outputStride, ...parts }))
}
