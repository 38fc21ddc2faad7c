// What a network is made of, as plain data: a checkpoint's config.json holds it, and with it the names and shapes of all weights.
// The output stride is the exception: the same weights run at any of `outputStrides(config)`, and the config holds the default.

import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { NETWORK } from './config_schema.ts'

/** Probes of the last feature map in parallel: a 1×1 convolution and those below (section 3.3). */
export interface AsppConfig {
  /** Rates of the 3×3 atrous branches at output stride 16 (doubled at 8). Default [6, 12, 18]; may be empty. */
  rates: number[]
  /** A branch for the image-level feature, the mean over the map. Default true. */
  imagePooling: boolean
}

export interface ResNetConfig {
  backbone: 'resnet50' | 'resnet101'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16, the stride at which the paper trains. */
  outputStride: number
  /** Blocks beyond the fourth are cascaded copies of it (section 3.2). Default 4, the paper's ASPP models; at most 7. */
  lastBlock: number
  /** Unit rates of the units of block4 and beyond, multiplied by the block's own rate (section 3.2.1). Default [1, 2, 4]. */
  multiGrid: number[]
  /**
   * The rate of the first unit of a block whose stride became a rate: `block`, the block's own, as the paper has it
   * (default), or `previousBlock`, as torchvision has it.
   */
  firstUnitRate: 'block' | 'previousBlock'
  /** Default: rates 6, 12, 18 with image pooling. Null for the cascaded models, whose logits come straight from the last block. */
  aspp: AsppConfig | null
  /** torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. Default false. */
  headConvolution: boolean
  /**
   * torchvision's second head, on block3, whose loss helps in training; inference leaves it out. Default false.
   */
  auxiliaryHead: boolean
  /** Bottleneck units of block1 to block4. Default: the backbone's own, such as [3, 4, 6, 3]. */
  units: number[]
  /** Factor on all channels but those of image and logits; results are rounded to multiples of four. Default 1. */
  width: number
}

/** Hugging Face's MobileNetV2ForSemanticSegmentation; the fields carry the names of its config.json in camel case. */
export interface MobileNetV2Config {
  backbone: 'mobilenet_v2'
  /** Channels of the logits, background included. Default 21 (PASCAL VOC). */
  classes: number
  /** Default 16. */
  outputStride: number
  /** Factor on the backbone's channels. Default 1. */
  depthMultiplier: number
  /** Channels are rounded to multiples of this. Default 8. */
  depthDivisibleBy: number
  /** No layer has fewer channels. Default 8. */
  minDepth: number
  /** Channels inside an inverted residual, over those that enter it. Default 6. */
  expandRatio: number
  /** The stem's 3×3 convolution is its own expansion, with no 1×1 after it. Default true. */
  firstLayerIsExpansion: boolean
  /** TensorFlow's SAME padding; PyTorch's symmetric padding where false. Default true. */
  tfPadding: boolean
  /** ε of the backbone's batch norms (`layer_norm_eps`); the head's is 1e-5. Default 1e-3. */
  batchNormEpsilon: number
}

export type DeepLabConfig = ResNetConfig | MobileNetV2Config
export type Backbone = DeepLabConfig['backbone']

/** A config in which all but the backbone may be left to its default. */
export type DeepLabOptions =
  | ({ backbone: ResNetConfig['backbone']; aspp?: Partial<AsppConfig> | null } & Partial<
      Omit<ResNetConfig, 'aspp'>
    >)
  | ({ backbone: MobileNetV2Config['backbone'] } & Partial<MobileNetV2Config>)

/** Fills in the defaults. Throws a UserError that names the field where a value makes no sense; it begins with `source`, if given. */
export function deepLabConfig(options: DeepLabOptions, source?: string): DeepLabConfig {
  const config: DeepLabConfig = checkJson(NETWORK, options, source)
  const problem = mismatchIn(config)
  if (problem) throw new UserError(source === undefined ? problem : `${source}: ${problem}`)
  return config
}

/** Whether a config's network has the parameters of an auxiliary head. */
export const hasAuxiliaryHead = (config: DeepLabConfig): boolean =>
  config.backbone !== 'mobilenet_v2' && config.auxiliaryHead

/** The same network as it runs in inference. */
export const withoutAuxiliaryHead = (config: DeepLabConfig): DeepLabConfig =>
  config.backbone === 'mobilenet_v2' ? config : { ...config, auxiliaryHead: false }

/** The output strides at which a config's weights can run, ascending: strides from block3 on can become rates. */
export function outputStrides(config: DeepLabConfig): number[] {
  if (config.backbone === 'mobilenet_v2') return [8, 16, 32]
  return [8, 16, 32, 64, 128, 256].slice(0, config.lastBlock - 1)
}

/** Throws a UserError where the network cannot run at an output stride. */
export function checkOutputStride(config: DeepLabConfig, outputStride: number): void {
  const problem = outputStrideProblem(config, outputStride)
  if (problem) throw new UserError(problem)
}

function outputStrideProblem(config: DeepLabConfig, outputStride: number): string | undefined {
  const reachable = outputStrides(config)
  if (reachable.includes(outputStride)) return undefined
  return `outputStride: expected ${reachable.join(', ')}; got ${outputStride}`
}

/** What is wrong where each field is as it should be, but not beside the others. */
function mismatchIn(config: DeepLabConfig): string | undefined {
  if (config.backbone !== 'mobilenet_v2') {
    const { units, multiGrid, aspp, headConvolution } = config
    if (multiGrid.length !== units[3])
      return `multiGrid: expected a rate for each of block4's ${units[3]} units; got ${multiGrid.length}`
    if (aspp === null && headConvolution) return 'headConvolution: expected false without ASPP; got true'
  }
  return outputStrideProblem(config, config.outputStride)
}
