// The graph from photos to class maps: one view, or the mean of several views' probabilities.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { ModelGraph } from '../graph/ops/index.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { deepLab } from '../model/deeplab.ts'
import { networkImage, photoInput } from '../model/network_image.ts'
import { networkSize, type Preprocessing } from '../model/preprocessing.ts'
import type { InferenceOptions } from './inference_options.ts'
import type { View } from './views.ts'

export interface PhotoSize {
  width: number
  height: number
  /** The size of the mask. */
  originalWidth: number
  originalHeight: number
}

/** Everything that a plan depends on. */
export interface InferenceJob {
  batch: number
  photo: PhotoSize
  outputStride: number
  views: View[]
  /** Default: mean. */
  merge?: InferenceOptions['merge']
  preprocessing: Preprocessing
  /** The size of the mask: the photo's, or the size of the scores. */
  maskAt: 'photo' | 'network'
  /** Whether the graph also returns the scores. */
  withScores: boolean
}

/**
 * `photo` [n, h, w, 4], or the samples of images [n, h, w, c] → `mask`, class8 [n, height, width, 1], and if the job asks for them, the scores from which the mask is
 * made. For one view these are the logits [n, ⌈h'/outputStride⌉, ⌈w'/outputStride⌉, classes], where h' × w' is the size of the
 * network's image. For several views they are the mean of their probabilities [n, h', w', classes], where h' × w' is that size
 * at scale 1; or, merged by `max`, the maximum of their logits, at the size of those of scale 1.
 */
export function inferenceGraph(config: DeepLabConfig, job: InferenceJob): ModelGraph {
  const { batch, photo, views, maskAt } = job
  const builder = new GraphBuilder()
  const { alignCorners } = config
  const input = photoInput(builder, { batch, height: photo.height, width: photo.width }, job.preprocessing)
  const logits = views.map(view => {
    const name = `×${view.scale}${view.flip ? ' flipped' : ''}`
    const network = () => networkLogits(builder, input, { config, job, view })
    return views.length === 1 ? network() : builder.within(name, network)
  })
  const scores = hasLogits(job)
    ? maximumOf(builder, logits, { views, alignCorners })
    : builder.meanProbabilities(
        views.map(({ flip, weight }, i) => ({ logits: logits[i], flip, weight })),
        { name: 'probabilities', ...networkSize(photo, job.preprocessing), alignCorners },
      )
  const [, height, width] =
    maskAt === 'network' ? scores.shape : [batch, photo.originalHeight, photo.originalWidth]
  const mask = builder.upsampleArgmax(scores, { name: 'mask', height, width, alignCorners })
  return builder.build(job.withScores ? [mask, scores] : [mask])
}

/** Whether the scores of a job are logits, and not probabilities. */
export const hasLogits = ({ views, merge }: InferenceJob): boolean => views.length === 1 || merge === 'max'

/** The maximum of all views' logits, at the size of those of scale 1 (section 4.1.2 of DeepLabv2); without it, of the largest scale. */
function maximumOf(
  builder: GraphBuilder,
  logits: readonly Tensor[],
  { views, alignCorners }: { views: readonly View[]; alignCorners: boolean },
): Tensor {
  const largest = Math.max(...views.map(({ scale }) => scale))
  const at = views.findIndex(({ scale }) => scale === 1)
  const first = logits[at < 0 ? views.findIndex(({ scale }) => scale === largest) : at]
  const [, height, width] = first.shape
  const size = { height, width, alignCorners }
  return logits
    .filter(other => other !== first)
    .reduce((best, other, i) => {
      const resized = builder.resize(other, { name: `resized logits ${i}`, ...size })
      return builder.maximum(best, resized, { name: `maximum ${i}` })
    }, first)
}

function networkLogits(
  builder: GraphBuilder,
  photo: Tensor,
  { config, job, view }: { config: DeepLabConfig; job: InferenceJob; view: View },
): Tensor {
  const size = networkSize(job.photo, job.preprocessing, view.scale)
  const image = networkImage(builder, photo, { ...job.preprocessing, ...size, flip: view.flip })
  return deepLab(builder, image, config, job.outputStride)
}
