// What a network is made of, as plain data: a checkpoint's config.json holds it, and with it the names and shapes of all weights.
// The output stride is the exception: the same weights run at any of `outputStrides(config)`, and the config holds the default.

import { UserError } from '../errors.ts'

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

const DEFAULT_ASPP: AsppConfig = { rates: [6, 12, 18], imagePooling: true }

const resnet = (backbone: ResNetConfig['backbone'], units: number[]): ResNetConfig => ({
  backbone,
  classes: 21,
  outputStride: 16,
  lastBlock: 4,
  multiGrid: [1, 2, 4],
  firstUnitRate: 'block',
  aspp: DEFAULT_ASPP,
  headConvolution: false,
  auxiliaryHead: false,
  units,
  width: 1,
})

const DEFAULTS: { [Name in Backbone]: DeepLabConfig } = {
  resnet50: resnet('resnet50', [3, 4, 6, 3]),
  resnet101: resnet('resnet101', [3, 4, 23, 3]),
  mobilenet_v2: {
    backbone: 'mobilenet_v2',
    classes: 21,
    outputStride: 16,
    depthMultiplier: 1,
    depthDivisibleBy: 8,
    minDepth: 8,
    expandRatio: 6,
    firstLayerIsExpansion: true,
    tfPadding: true,
    batchNormEpsilon: 1e-3,
  },
}

/** Fills in the defaults. Throws a UserError that names the field where a value makes no sense. */
export function deepLabConfig(options: DeepLabOptions): DeepLabConfig {
  const { backbone } = options
  check(Object.hasOwn(DEFAULTS, backbone), `backbone: expected ${Object.keys(DEFAULTS).join(', ')}`, backbone)
  const defaults = DEFAULTS[backbone]
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  refuseUnknown(backbone, given, defaults)
  if (given.aspp) {
    refuseUnknown('aspp', given.aspp, DEFAULT_ASPP)
    given.aspp = { ...DEFAULT_ASPP, ...given.aspp }
  }
  const config: DeepLabConfig = structuredClone({ ...defaults, ...given })
  checkConfig(config)
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
  const reachable = outputStrides(config)
  check(reachable.includes(outputStride), `outputStride: expected ${reachable.join(', ')}`, outputStride)
}

function checkConfig(config: DeepLabConfig): void {
  check(isCount(config.classes) && config.classes > 1, 'classes: expected 2 or more', config.classes)
  if (config.backbone === 'mobilenet_v2') checkMobileNet(config)
  else checkResNet(config)
  checkOutputStride(config, config.outputStride)
}

function checkResNet(config: ResNetConfig): void {
  const { lastBlock, units, multiGrid, firstUnitRate, aspp, headConvolution, auxiliaryHead, width } = config
  check([4, 5, 6, 7].includes(lastBlock), 'lastBlock: expected 4, 5, 6, 7', lastBlock)
  check(isCounts(units) && units.length === 4, 'units: expected four positive integers', units)
  check(
    isCounts(multiGrid) && multiGrid.length === units[3],
    `multiGrid: expected a positive integer for each of block4's ${units[3]} units`,
    multiGrid,
  )
  const conventions = ['block', 'previousBlock']
  check(
    conventions.includes(firstUnitRate),
    `firstUnitRate: expected ${conventions.join(', ')}`,
    firstUnitRate,
  )
  if (aspp !== null) {
    check(isCounts(aspp.rates), 'aspp.rates: expected positive integers', aspp.rates)
    check(isBoolean(aspp.imagePooling), 'aspp.imagePooling: expected true, false', aspp.imagePooling)
  }
  check(isBoolean(headConvolution), 'headConvolution: expected true, false', headConvolution)
  check(isBoolean(auxiliaryHead), 'auxiliaryHead: expected true, false', auxiliaryHead)
  check(aspp !== null || !headConvolution, 'headConvolution: expected false without ASPP', headConvolution)
  check(isPositive(width), 'width: expected a number above 0', width)
}

function checkMobileNet(config: MobileNetV2Config): void {
  for (const field of ['depthMultiplier', 'expandRatio', 'batchNormEpsilon'] as const)
    check(isPositive(config[field]), `${field}: expected a number above 0`, config[field])
  for (const field of ['depthDivisibleBy', 'minDepth'] as const)
    check(isCount(config[field]), `${field}: expected a positive integer`, config[field])
  for (const field of ['firstLayerIsExpansion', 'tfPadding'] as const)
    check(isBoolean(config[field]), `${field}: expected true, false`, config[field])
}

const isBoolean = (value: unknown) => typeof value === 'boolean'
const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0
const isCounts = (values: unknown) => Array.isArray(values) && values.every(isCount)

function refuseUnknown(owner: string, given: object, known: object): void {
  for (const field of Object.keys(given))
    if (!Object.hasOwn(known, field)) throw new UserError(`config: ${owner} has no option ${field}`)
}

function check(holds: boolean, expectation: string, got: unknown): void {
  if (!holds) throw new UserError(`${expectation}; got ${JSON.stringify(got)}`)
}
