// The graphs of a lesson: from a photo to what is kept of it, and from there to the loss or to a class map.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { type TrainingGraph, trainingGraph } from '../graph/autodiff/training_graph.ts'
import { graphParameters } from '../graph/ir/graph.ts'
import type { Parameter, Tensor } from '../graph/ir/tensor.ts'
import type { ModelGraph } from '../graph/ops/index.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import type { PhotoSize } from '../inference/segmenter.ts'
import type { Shape } from '../kernels/layout.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { networkImage, photoInput } from '../model/network_image.ts'
import { inputsOfPart, logitsOfPart, type NetworkPart } from '../model/parts.ts'
import { networkSize, type Preprocessing } from '../model/preprocessing.ts'
import { distillationOf, type Rehearsal } from './rehearsal.ts'

/** A network and the part of it that a lesson trains. */
export interface LessonNetwork {
  config: DeepLabConfig
  preprocessing: Preprocessing
  part: NetworkPart
  /** How the pixels without strokes count. Default: not at all. */
  rehearsal?: Rehearsal
}

/** The maps of a photo that a lesson's part reads. */
export interface KeptShapes {
  /** Of each map that the part reads: [1, h, w, c]. */
  shapes: Shape[]
  photo: PhotoSize
}

/** The name of each map that a part reads, as an input of its graphs. */
export const keptName = (index: number) => `kept${index}`

/**
 * The size of a photo's labels in the loss: half the size at which the network sees the photo. The logits are upsampled to it. Logits
 * are so much coarser that a finer loss teaches nothing more, and on software adapters it would take most of a step.
 */
export function labelSize(photo: PhotoSize, preprocessing: Preprocessing): { width: number; height: number } {
  const { width, height } = networkSize(photo, preprocessing)
  return { width: Math.ceil(width / 2), height: Math.ceil(height / 2) }
}

/**
 * `photo`, rgba8 [1, height, width, 4] or samples [1, height, width, c] → `probabilities` [1, h', w', classes], of each class at each pixel of the logits, and after them what
 * the part that trains reads.
 */
export function keepingGraph(network: LessonNetwork, photo: PhotoSize): ModelGraph {
  const { preprocessing } = network
  const builder = new GraphBuilder()
  const input = photoInput(builder, { batch: 1, height: photo.height, width: photo.width }, preprocessing)
  const image = networkImage(builder, input, { ...preprocessing, ...networkSize(photo, preprocessing) })
  const kept = inputsOfPart(builder, image, withStride(network))
  const logits = logitsOfPart(builder, kept, withStride(network))
  return builder.build([builder.softmax(logits, { name: 'probabilities' }), ...kept])
}

/**
 * The graph of a step. Inputs: what the part reads, by `keptName`; `labels`, class8 of `labelSize`; `classWeights` [1, 1, 1, classes]; with distillation `targets` and `newClasses`. Batch norm keeps its running statistics; its scale and shift learn.
 */
export function stepGraph(network: LessonNetwork, { shapes, photo }: KeptShapes): TrainingGraph {
  const builder = new GraphBuilder()
  const distillation = network.rehearsal && distillationOf(network.rehearsal)
  return trainingGraph(builder.build([logits(builder, shapes, network)]), {
    alignCorners: network.config.alignCorners,
    labels: labelSize(photo, network.preprocessing),
    ignoreIndex: IGNORE_INDEX,
    classWeights: true,
    lossWeights: [1 - (distillation?.lossWeight ?? 0)],
    distillation,
    batchNorm: { mode: 'frozen' },
  })
}

/** The maps that the part reads, by `keptName` → `mask`, class8 [1, originalHeight, originalWidth, 1]. */
export function previewGraph(network: LessonNetwork, { shapes, photo }: KeptShapes): ModelGraph {
  const builder = new GraphBuilder()
  const size = { height: photo.originalHeight, width: photo.originalWidth }
  const scores = logits(builder, shapes, network)
  const { alignCorners } = network.config
  return builder.build([builder.upsampleArgmax(scores, { name: 'mask', ...size, alignCorners })])
}

/** All parameters of the part, its running statistics included. */
export function partParameters(network: LessonNetwork): Parameter[] {
  const photo = { width: 65, height: 65, originalWidth: 65, originalHeight: 65 }
  const [, ...kept] = keepingGraph(network, photo).outputs
  return graphParameters(previewGraph(network, { shapes: kept.map(({ shape }) => shape), photo }))
}

function logits(builder: GraphBuilder, shapes: Shape[], network: LessonNetwork): Tensor {
  const inputs = shapes.map((shape, index) => builder.input(keptName(index), shape))
  return logitsOfPart(builder, inputs, withStride(network))
}

const withStride = ({ config, part }: LessonNetwork) => ({ config, part, outputStride: config.outputStride })
