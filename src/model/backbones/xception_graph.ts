// Xception-65 as DeepLabv3+ has it, "modified aligned" (Chen et al. 2018, section 3.2 and Figure 4): deeper than Chollet's, strides by
// separable convolutions in place of max pooling, batch norm after each depthwise convolution. Parameters carry the names of timm's
// `xception65`.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { deepLabHead } from '../heads/deeplab_head.ts'
import { lowLevelStrides } from '../heads/head_config.ts'
import { convolutionBatchNorm, scaledChannels } from '../layers.ts'
import type { HeadFeatures, NetworkBuilder } from './backbone.ts'
import type { XceptionConfig } from './xception.ts'

/** The ε of all batch norms, as in the paper's code. */
const XCEPTION_EPSILON = 1e-3

/** Three separable convolutions and a shortcut. */
interface Block {
  channels: [number, number, number]
  /** Of the last of the three. */
  stride: 1 | 2
  /**
   * `identity`: the input is added; `projection`: a 1×1 convolution of it; `none`: nothing is. With `none`, ReLU follows each
   * convolution, depthwise and pointwise. Otherwise it precedes each separable convolution, and nothing stands inside.
   */
  shortcut: 'identity' | 'projection' | 'none'
}

const same = (channels: number): Block['channels'] => [channels, channels, channels]
/** The entry flow, the middle flow and the exit flow. */
const BLOCKS: Block[] = [
  { channels: same(128), stride: 2, shortcut: 'projection' },
  { channels: same(256), stride: 2, shortcut: 'projection' },
  { channels: same(728), stride: 2, shortcut: 'projection' },
  ...Array.from({ length: 16 }, (): Block => ({ channels: same(728), stride: 1, shortcut: 'identity' })),
  { channels: [728, 1024, 1024], stride: 2, shortcut: 'projection' },
  { channels: [1536, 1536, 2048], stride: 1, shortcut: 'none' },
]

interface PlacedBlock extends Block {
  name: string
  dilations: [number, number, number]
}

/**
 * All blocks in order. Once the map is `outputStride` times smaller than the image, strides become rates. A rate holds from the block
 * after the lost stride on, as in the paper's code. The unit rates of the multi-grid multiply the rate of the last block.
 */
function placedBlocks(config: XceptionConfig, outputStride: number): PlacedBlock[] {
  let [currentStride, rate] = [2, 1]
  return BLOCKS.map((block, index) => {
    const strides = currentStride < outputStride
    const unitRates = index === BLOCKS.length - 1 ? config.multiGrid : [1, 1, 1]
    const [first, second, third] = unitRates.map(unitRate => unitRate * rate)
    if (strides) currentStride *= block.stride
    else rate *= block.stride
    const [a, b, c] = block.channels.map(count => scaledChannels(count, config))
    return {
      name: `backbone.blocks.${index}`,
      shortcut: block.shortcut,
      stride: strides ? block.stride : 1,
      channels: [a, b, c],
      dilations: [first, second, third],
    }
  })
}

/**
 * Image [n, h, w, 3] → features [n, ⌈h/outputStride⌉, ⌈w/outputStride⌉, 2048 · width]. The low-level features are those before the next
 * stride, of the second separable convolution: 256 · width channels at stride 4, 728 · width at stride 8.
 */
function xceptionFeatures(
  builder: GraphBuilder,
  image: Tensor,
  { config, outputStride }: { config: XceptionConfig; outputStride: number },
): HeadFeatures {
  let features = builder.unit('backbone.stem', () => stem(builder, image, config))
  const seconds: Tensor[] = []
  placedBlocks(config, outputStride).forEach(block => {
    const input = features
    const { output, second } = builder.unit(block.name, () => xceptionBlock(builder, input, block))
    features = output
    seconds.push(second)
  })
  const lowLevel = lowLevelStrides(config.decoder).map(stride => seconds[Math.log2(stride) - 1])
  return { features, lowLevel }
}

function stem(builder: GraphBuilder, image: Tensor, config: XceptionConfig): Tensor {
  const layer = (input: Tensor, index: number, channels: number, stride: number) =>
    convolutionBatchNorm(builder, input, {
      convolution: `backbone.stem.${index}.conv`,
      batchNorm: `backbone.stem.${index}.bn`,
      kernel: 3,
      stride,
      outChannels: scaledChannels(channels, config),
      epsilon: XCEPTION_EPSILON,
      activation: 'relu',
    })
  return layer(layer(image, 0, 32, 2), 1, 64, 1)
}

/** The block's output, and the output of its second separable convolution. */
function xceptionBlock(
  builder: GraphBuilder,
  input: Tensor,
  block: PlacedBlock,
): { output: Tensor; second: Tensor } {
  const { name, channels, stride, dilations, shortcut } = block
  const outputs: Tensor[] = []
  let x = input
  channels.forEach((outChannels, index) => {
    x = separable(builder, x, {
      name: `${name}.stack.conv${index + 1}`,
      outChannels,
      dilation: dilations[index],
      stride: index === 2 ? stride : 1,
      activated: shortcut === 'none' ? 'after' : 'before',
    })
    outputs.push(x)
  })
  const [, second] = outputs
  if (shortcut === 'none') return { output: x, second }
  const kept =
    shortcut === 'identity'
      ? input
      : convolutionBatchNorm(builder, input, {
          convolution: `${name}.shortcut.conv`,
          batchNorm: `${name}.shortcut.bn`,
          outChannels: channels[2],
          kernel: 1,
          stride,
          epsilon: XCEPTION_EPSILON,
          activation: 'none',
        })
  return { output: builder.add(x, kept, { name: `${name}.add` }), second }
}

/** A depthwise 3×3 and a pointwise convolution, each with batch norm. ReLU precedes them, or follows each of the two. */
function separable(
  builder: GraphBuilder,
  input: Tensor,
  layer: {
    name: string
    outChannels: number
    stride: number
    dilation: number
    activated: 'before' | 'after'
  },
): Tensor {
  const { name, outChannels, stride, dilation, activated } = layer
  const before = activated === 'before' ? builder.activation(input, 'relu') : input
  const common = { epsilon: XCEPTION_EPSILON, activation: activated === 'after' ? 'relu' : 'none' } as const
  const window = { kernel: 3, stride, dilation }
  const depthwise = { convolution: `${name}.conv_dw`, batchNorm: `${name}.bn_dw` }
  const pointwise = { convolution: `${name}.conv_pw`, batchNorm: `${name}.bn_pw` }
  const perChannel = convolutionBatchNorm(builder, before, { ...depthwise, ...window, ...common })
  return convolutionBatchNorm(builder, perChannel, { ...pointwise, kernel: 1, outChannels, ...common })
}

export const xceptionNetwork = {
  features: xceptionFeatures,
  head: (builder, features, { config, ...parts }) =>
    deepLabHead(builder, features, {
      ...config,
      ...parts,
      headConvolution: false,
      epsilon: XCEPTION_EPSILON,
      outChannels: scaledChannels(256, config),
    }),
} satisfies NetworkBuilder<XceptionConfig>
