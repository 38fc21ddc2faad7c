import type { StateDict } from './tensor.ts'

/*
 * A network's parameters are named here as in the checkpoints they come from, torchvision's and Hugging Face's;
 * so there is no table of names, only what to strip, what to leave unused and what the names say of the network.
 */

/** What a state dict's names and shapes tell of its network. Atrous rates and output stride leave no trace there. */
export type Architecture = ResnetArchitecture | MobilenetArchitecture

/** torchvision's `deeplabv3_resnet50`, `deeplabv3_resnet101` and their kin, in the words of ResNetConfig. */
export interface ResnetArchitecture {
  family: 'torchvision-resnet'
  classes: number
  /** Units of each block; a fifth and later ones are cascaded copies of the fourth. ResNet-50 is [3, 4, 6, 3]. */
  units: number[]
  /** The parallel branches besides the 1×1 convolution; null where the logits come straight from the last block. */
  aspp: { atrousBranches: number; imagePooling: boolean } | null
  /** Has torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. */
  headConvolution: boolean
  /** Has torchvision's second head, which is for training alone. */
  auxiliaryHead: boolean
}

/** Hugging Face's `MobileNetV2ForSemanticSegmentation`. */
export interface MobilenetArchitecture {
  family: 'huggingface-mobilenet_v2'
  /** All widths are multiplied by this. */
  depthMultiplier: number
  classes: number
}

const IGNORED: Record<Architecture['family'], string[]> = {
  // An auxiliary head that the config does not have.
  'torchvision-resnet': ['aux_classifier.'],
  // The last convolution of the classification network.
  'huggingface-mobilenet_v2': ['mobilenet_v2.conv_1x1.'],
}

/** May the checkpoint hold this tensor although segmentation does not use it? */
export function isUnusedParameter(family: Architecture['family'], name: string): boolean {
  return IGNORED[family].some(prefix => name.startsWith(prefix))
}

/** The state dict without the `module.` that PyTorch's DataParallel puts before every name. */
export function stripDataParallel(stateDict: StateDict): StateDict {
  const prefix = 'module.'
  if (![...stateDict.keys()].every(name => name.startsWith(prefix))) return stateDict
  return new Map([...stateDict].map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}

/** Guesses the network from its state dict (without DataParallel's prefix); undefined where it is none of the known. */
export function recogniseArchitecture(stateDict: StateDict): Architecture | undefined {
  return recogniseResnet(stateDict) ?? recogniseMobilenet(stateDict)
}

function recogniseResnet(stateDict: StateDict): ResnetArchitecture | undefined {
  const blocks = countWhile(block => countUnits(stateDict, `backbone.layer${block + 1}`) > 0)
  const classes = outputChannels(stateDict, 'classifier.4.weight')
  // A unit of ResNet-50 and deeper ends in a third convolution; one of ResNet-18 and 34 does not.
  const bottleneck = stateDict.has('backbone.layer1.0.conv3.weight')
  if (blocks < 4 || !bottleneck || classes === undefined) return undefined
  return {
    family: 'torchvision-resnet',
    classes,
    units: Array.from({ length: blocks }, (_, block) => countUnits(stateDict, `backbone.layer${block + 1}`)),
    aspp: recogniseAspp(stateDict),
    headConvolution: stateDict.has('classifier.1.weight'),
    auxiliaryHead: stateDict.has('aux_classifier.4.weight'),
  }
}

/** Branch 0 is the 1×1 convolution. Image pooling comes last, its convolution at .1 because .0 is the pooling. */
function recogniseAspp(stateDict: StateDict): ResnetArchitecture['aspp'] {
  const branch = 'classifier.0.convs'
  const convolutions = countWhile(index => stateDict.has(`${branch}.${index}.0.weight`))
  if (convolutions === 0) return null
  return {
    atrousBranches: convolutions - 1,
    imagePooling: stateDict.has(`${branch}.${convolutions}.1.weight`),
  }
}

function countUnits(stateDict: StateDict, block: string): number {
  return countWhile(unit => stateDict.has(`${block}.${unit}.conv1.weight`))
}

/** How many of 0, 1, 2 … hold before the first that does not. */
function countWhile(holds: (index: number) => boolean): number {
  let count = 0
  while (holds(count)) count++
  return count
}

function recogniseMobilenet(stateDict: StateDict): MobilenetArchitecture | undefined {
  const classes = outputChannels(stateDict, 'segmentation_head.classifier.convolution.weight')
  // The last block is 320 wide before the multiplier; being the widest, it loses least to the rounding to 8.
  const width = outputChannels(stateDict, 'mobilenet_v2.layer.15.reduce_1x1.convolution.weight')
  if (classes === undefined || width === undefined) return undefined
  return { family: 'huggingface-mobilenet_v2', depthMultiplier: width / 320, classes }
}

function outputChannels(stateDict: StateDict, weightName: string): number | undefined {
  return stateDict.get(weightName)?.shape[0]
}
