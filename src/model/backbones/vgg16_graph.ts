// VGG-16 (Simonyan and Zisserman 2015) as FCN (Long et al. 2015) and DeepLab v1 and v2 (Chen et al. 2015, 2016) use it. Layers carry
// the names of their Caffe models.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { type Dropout, dropped, rateAt, scaledChannels } from '../layers.ts'
import type { Features, GraphParts, NetworkBuilder } from './backbone.ts'
import type { Vgg16Config } from './vgg16.ts'

type Network = GraphParts<Vgg16Config>

/** The 3×3 convolutions before each pooling: how many, and their channels. */
const BLOCKS = [
  { convolutions: 2, channels: 64 },
  { convolutions: 2, channels: 128 },
  { convolutions: 3, channels: 256 },
  { convolutions: 3, channels: 512 },
  { convolutions: 3, channels: 512 },
]

/** FCN's padding of the image, so that fc6, which has none, fits into small images. */
const FCN_PADDING = 100

const isFcn = ({ head }: Vgg16Config): boolean => head !== 'atrous'

/**
 * The image [n, h, w, 3] → pool5, and what skip connections read: of FCN the image, pool3 and pool4; of the multi-scale prediction the
 * image and pool1 to pool4.
 */
function vgg16Features(builder: GraphBuilder, image: Tensor, { config, outputStride }: Network): Features {
  const pools: Tensor[] = []
  let [x, stride, dilation] = [image, 1, 1]
  for (const [block, { convolutions, channels }] of BLOCKS.entries()) {
    const name = `conv${block + 1}`
    const padding = isFcn(config) && block === 0 ? FCN_PADDING : undefined
    const strides = stride < outputStride
    x = builder.unit(name, () => {
      let y = x
      for (let i = 1; i <= convolutions; i++)
        y = rectified(builder, y, {
          name: `${name}_${i}`,
          outChannels: scaledChannels(channels, config),
          kernel: 3,
          dilation,
          padding: i === 1 ? padding : undefined,
        })
      return pool(builder, y, { name: `pool${block + 1}`, stride: strides ? 2 : 1, config })
    })
    // conv5 follows the first pooling that loses its stride. DeepLab takes the loss of the next one into the rates of fc6.
    if (strides) stride *= 2
    else dilation *= 2
    pools.push(x)
  }
  if (isFcn(config)) return { features: x, skips: [image, pools[2], pools[3]] }
  return { features: x, skips: config.multiScale ? [image, ...pools.slice(0, 4)] : undefined }
}

/** FCN's windows are 2×2. DeepLab's are 3×3, so that a window at stride 1 has a centre. */
function pool(
  builder: GraphBuilder,
  x: Tensor,
  { name, stride, config }: { name: string; stride: number; config: Vgg16Config },
): Tensor {
  const window = isFcn(config) ? { kernel: 2, padding: 0 } : { kernel: 3, padding: 1 }
  return builder.maxPool(x, { name, ...window, stride, ceilMode: true })
}

/** pool5 → the classifier's input: fc7's output. Of a pyramid, each of whose branches has a classifier, pool5 itself. */
function vgg16Head(
  builder: GraphBuilder,
  { features }: Pick<Features, 'features'>,
  network: Network,
): Tensor {
  const { config } = network
  if (config.rates.length > 1 && !isFcn(config)) return features
  return branch(builder, features, { ...network, suffix: '', rate: config.rates[0], index: 0 })
}

/** fc6 and fc7. Dropout follows each, in each branch another. */
function branch(
  builder: GraphBuilder,
  x: Tensor,
  { config, outputStride, dropout, ...of }: Network & { suffix: string; rate: number; index: number },
): Tensor {
  const [fc6, fc7] = [`fc6${of.suffix}`, `fc7${of.suffix}`]
  const outChannels = scaledChannels(isFcn(config) ? 4096 : 1024, config)
  const dilation = rateAt(outputStride, { rate: of.rate, given: 8 })
  const window = isFcn(config) ? { kernel: 7, padding: 0 } : { kernel: 3, dilation }
  const drop = (input: Tensor, name: string, layer: number) =>
    dropped(builder, input, { name, dropout: reseeded(dropout, 2 * of.index + layer) })
  return builder.unit(fc6, () => {
    const first = rectified(builder, x, { name: fc6, outChannels, ...window })
    const second = rectified(builder, drop(first, `drop6${of.suffix}`, 0), {
      name: fc7,
      outChannels,
      kernel: 1,
    })
    return drop(second, `drop7${of.suffix}`, 1)
  })
}

/** Dropout that drops other values. */
const reseeded = (dropout: Dropout | undefined, by: number): Dropout | undefined =>
  dropout && { ...dropout, seed: (dropout.seed + by) >>> 0 }

/** The classifier's input → logits. */
function vgg16Logits(builder: GraphBuilder, x: Tensor, network: Network & Pick<Features, 'skips'>): Tensor {
  const { config, skips } = network
  if (isFcn(config)) return fcnLogits(builder, x, { config, skips: skips! })
  const scores = branchNames(config.rates).map((suffix, i) => {
    const of = { ...network, suffix, rate: config.rates[i], index: i }
    return score(builder, suffix ? branch(builder, x, of) : x, `fc8${suffix}`, config)
  })
  scores.push(
    ...(skips ?? []).map((skip, i) => scaleScores(builder, skip, { ...network, i, like: scores[0] })),
  )
  return scores.reduce((sum, each, i) => builder.add(sum, each, { name: `fc8_sum${i}` }))
}

/** The image, and the poolings of the multi-scale prediction. */
const SCALES = ['input', 'pool1', 'pool2', 'pool3', 'pool4']

/** Of v1's multi-scale prediction: the scores of the image or of a pooling, at the size of the other scores. */
function scaleScores(
  builder: GraphBuilder,
  x: Tensor,
  { i, like, config, outputStride }: Network & { i: number; like: Tensor },
): Tensor {
  const [, height, width] = like.shape
  const outChannels = scaledChannels(128, config)
  const stride = Math.max(1, outputStride / 2 ** i)
  const conv = rectified(builder, x, { name: `${SCALES[i]}_conv`, outChannels, kernel: 3, stride })
  const mixed = rectified(builder, conv, { name: `${SCALES[i]}_fc`, outChannels, kernel: 1 })
  const scores = score(builder, mixed, `${SCALES[i]}_ms`, config)
  if (stride === 1) return scores
  // Of some sizes, the poolings count a last row or column that a convolution does not.
  return builder.resize(scores, { name: `${SCALES[i]}_resized`, height, width, alignCorners: false })
}

/** The endings of the names of a branch's layers. One branch has the names of the layers themselves. */
const branchNames = (rates: readonly number[]): string[] =>
  rates.length === 1 ? [''] : rates.map((_, i) => `_${i + 1}`)

/** The layers whose output channels are the classes. */
function scoreLayers({ head, rates, multiScale }: Vgg16Config): string[] {
  if (head === 'atrous') {
    const scales = multiScale ? SCALES.map(name => `${name}_ms`) : []
    return [...branchNames(rates).map(suffix => `fc8${suffix}`), ...scales]
  }
  return ['score_fr', 'score_pool4', 'score_pool3'].slice(0, FCN[head].length)
}

const score = (builder: GraphBuilder, x: Tensor, name: string, { classes }: Vgg16Config): Tensor =>
  builder.conv2d(x, { name, outChannels: classes, kernel: 1, bias: true })

/** Each upsampling, by two or to the size of the image, and the first row and column of what it is cut to or what is added to it. */
const FCN = {
  fcn32s: [{ name: 'upscore', stride: 32, offset: 19 }],
  fcn16s: [
    { name: 'upscore2', stride: 2, offset: 5 },
    { name: 'upscore16', stride: 16, offset: 27 },
  ],
  fcn8s: [
    { name: 'upscore2', stride: 2, offset: 5 },
    { name: 'upscore_pool4', stride: 2, offset: 9 },
    { name: 'upscore8', stride: 8, offset: 31 },
  ],
}

/** fc7's output → logits [n, h, w, classes] of the image's size. */
function fcnLogits(
  builder: GraphBuilder,
  x: Tensor,
  { config, skips: [image, pool3, pool4] }: { config: Vgg16Config; skips: readonly Tensor[] },
): Tensor {
  if (config.head === 'atrous') throw new Error('fcnLogits: the head is not of FCN')
  const [classifier, ...others] = scoreLayers(config)
  let scores = score(builder, x, classifier, config)
  for (const [i, { name, stride, offset }] of FCN[config.head].entries()) {
    const upsampled = builder.convTranspose2d(scores, {
      name,
      outChannels: config.classes,
      kernel: 2 * stride,
      stride,
    })
    if (i === others.length) return cropped(builder, upsampled, { name: 'score', offset, to: image })
    const skipped = score(builder, [pool4, pool3][i], others[i], config)
    const added = cropped(builder, skipped, { name: `${others[i]}c`, offset, to: upsampled })
    scores = builder.add(upsampled, added, { name: `fuse_${['pool4', 'pool3'][i]}` })
  }
  return scores
}

function cropped(
  builder: GraphBuilder,
  x: Tensor,
  { name, offset, to }: { name: string; offset: number; to: Tensor },
): Tensor {
  const [, height, width] = to.shape
  return builder.crop(x, { name, offset, height, width })
}

/** relu(convolution(x) + bias) */
function rectified(
  builder: GraphBuilder,
  x: Tensor,
  layer: {
    name: string
    outChannels: number
    kernel: number
    stride?: number
    dilation?: number
    padding?: number
  },
): Tensor {
  return builder.activation(builder.conv2d(x, { ...layer, bias: true }), 'relu')
}

/**
 * The weight of a transposed convolution that upsamples each channel by bilinear interpolation (Long et al. 2015, section 3.3):
 * [channels, channels, kernel, kernel] for a stride of half the kernel's size.
 */
export function bilinearKernel([channels, , height, width]: readonly number[]): Float32Array {
  const values = new Float32Array(channels * channels * height * width)
  const along = (size: number, i: number) => 1 - Math.abs(i - (size - 1) / 2) / (size / 2)
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        values[((channel * channels + channel) * height + y) * width + x] = along(height, y) * along(width, x)
  return values
}

export const vgg16Network = {
  features: vgg16Features,
  head: vgg16Head,
  logits: vgg16Logits,
  classifiers: scoreLayers,
  fixedValues: ({ name, shape }) => (name.startsWith('upscore') ? bilinearKernel(shape) : undefined),
} satisfies NetworkBuilder<Vgg16Config>
