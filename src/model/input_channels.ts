// A network for images of other channels than red, green and blue: what it needs is made of the weights for those three.

import { UserError } from '../errors.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import { MAX_CHANNELS } from '../kernels/layout.ts'
import { shown } from '../options.ts'
import type { DeepLabConfig } from './config.ts'
import { deepLab } from './deeplab.ts'
import { checkChannels, type Preprocessing, preprocessingFor } from './preprocessing.ts'

/** The weights [out, inputChannels, h, w] of the convolutions that read the image. */
export function imageWeights(config: DeepLabConfig): Parameter[] {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, 65, 65, config.inputChannels])
  const { ops } = builder.build([deepLab(builder, image, config)])
  return ops.flatMap(op => (op.kind === 'conv2d' && op.inputs.input === image ? [op.weight] : []))
}

/** The mean and the standard deviation of each channel, on the scale of the samples. */
export interface ChannelStatistics {
  mean: number[]
  std: number[]
}

interface Weighted {
  config: DeepLabConfig
  preprocessing: Preprocessing
  parameters: Map<string, Float32Array>
}

/**
 * The network for images of `channels` channels of their own, made of one for photos as timm's `adapt_input_conv` and
 * segmentation_models.pytorch's `patch_first_conv` do: one channel has the sum of the weights of red, green and blue; of others the weights
 * repeat, red, green, blue, red …, and are multiplied by 3/channels. So the sums that the first convolution makes keep their size. Without
 * `statistics`, mean and std repeat likewise, and one channel has the mean of the three. Throws a UserError where the network takes other
 * channels than red, green and blue already, unless they are as many: then only the statistics change.
 */
export function withInputChannels<T extends Weighted>(
  model: T,
  channels: number,
  statistics?: ChannelStatistics,
): T {
  const { config, preprocessing } = model
  const before = config.inputChannels
  if (!Number.isInteger(channels) || channels < 1 || channels > MAX_CHANNELS)
    throw new UserError(`channels: expected a whole number from 1 to ${MAX_CHANNELS}, got ${shown(channels)}`)
  if (before !== 3 && before !== channels)
    throw new UserError(
      `channels: the network takes ${before}, and only one of red, green and blue can be widened`,
    )
  const isReversed = preprocessing.channels === 'bgr'
  const wider = { ...config, inputChannels: channels }
  const usual = before === channels ? preprocessing : preprocessingFor(wider, preprocessing)
  const { mean, std } = statistics ?? usual
  const adapted = { ...preprocessing, mean: [...mean], std: [...std], channels: 'samples' as const }
  checkChannels(wider, adapted, 'channels')
  const parameters = new Map(model.parameters)
  for (const { name, shape } of imageWeights(config)) {
    const weight = parameters.get(name)!
    const ordered = isReversed ? reversed(weight, shape) : weight
    parameters.set(name, before === channels ? ordered : adaptedWeight(ordered, shape, channels))
  }
  return { ...model, config: wider, preprocessing: adapted, parameters }
}

/** [out, 3, h, w] → [out, channels, h, w] */
function adaptedWeight(
  weight: Float32Array,
  [out, , h, w]: readonly number[],
  channels: number,
): Float32Array {
  const area = h * w
  const adapted = new Float32Array(out * channels * area)
  for (let o = 0; o < out; o++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < area; tap++) {
        const of = (colour: number) => weight[(o * 3 + colour) * area + tap]
        adapted[(o * channels + channel) * area + tap] =
          channels === 1 ? of(0) + of(1) + of(2) : of(channel % 3) * (3 / channels)
      }
  return adapted
}

/** The weights for blue, green and red in the order red, green and blue. */
function reversed(weight: Float32Array, [, channels, h, w]: readonly number[]): Float32Array {
  const area = h * w
  return weight.map((_, i) => {
    const [row, tap] = [Math.floor(i / area), i % area]
    const [out, channel] = [Math.floor(row / channels), row % channels]
    return weight[(out * channels + channels - 1 - channel) * area + tap]
  })
}
