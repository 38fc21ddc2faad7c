// The checkpoints of classification networks that a backbone's weights are read from: names of tensors, and what the weights were trained by.

import type { BackboneName } from '../model/backbones/index.ts'
import type { MobileNetV2Config } from '../model/config.ts'
import { mobileNetNames, timmMobileNetNames } from '../model/layouts/mobilenet_names.ts'
import { nameInCheckpoint, ourName, type Renaming } from '../model/layouts/renaming.ts'
import { IMAGENET, type Preprocessing, TENSORFLOW } from '../model/preprocessing.ts'
import type { StateDict } from './tensor.ts'
import { type ShapeOf, vggNames, withConvolutions } from './vgg_classifier.ts'

export interface BackboneLayout {
  /** A tensor that tells this layout from the backbone's others. */
  mark: string
  /** The table of names for a checkpoint. */
  renaming(stateDict: StateDict): Renaming
  /** The checkpoint with the tensors that the table names, where they must be computed from others. `shapeOf` tells the network's. */
  prepared?(stateDict: StateDict, shapeOf: ShapeOf): StateDict
  /** What the weights were trained by. Default: what the network has. */
  conventions?: { config: Partial<MobileNetV2Config>; preprocessing: Preprocessing }
}

/**
 * torchvision's names, which are timm's, too. Cascaded blocks begin as copies of block4 (section 3.2 of DeepLabv3), but for the two
 * convolutions that read more channels there.
 */
const RESNET: Renaming = [
  ['conv1.*', 'backbone.conv1.*'],
  ['bn1.*', 'backbone.bn1.*'],
  ...[1, 2, 3, 4].map(block => [`layer${block}.*`, `backbone.layer${block}.*`] as const),
  ...[5, 6, 7].map(block => ['layer4.*', `backbone.layer${block}.*`] as const),
]

const resnet: BackboneLayout = { mark: 'conv1.weight', renaming: () => RESNET }

/** timm's names. */
const XCEPTION: Renaming = [
  ['stem.*', 'backbone.stem.*'],
  ['blocks.*', 'backbone.blocks.*'],
]

const EPSILON = 1e-5
/** PyTorch's MobileNetV2 pads symmetrically, and sees photos as its ResNets do. */
const PYTORCH = {
  config: { tfPadding: false, batchNormEpsilon: EPSILON },
  preprocessing: IMAGENET,
}

const mobileNet = (mark: string, names: Renaming): BackboneLayout => ({
  mark,
  renaming: () => names,
  prepared: stateDict => withUnfoldedNorms(stateDict, names),
  conventions: PYTORCH,
})

const LAYOUTS: { [Name in BackboneName]?: readonly BackboneLayout[] } = {
  resnet18: [resnet],
  resnet34: [resnet],
  resnet50: [resnet],
  resnet101: [resnet],
  xception65: [{ mark: 'stem.0.conv.weight', renaming: () => XCEPTION }],
  mobilenet_v2: [
    mobileNet(
      'features.0.0.weight',
      mobileNetNames(index => `features.${index}`),
    ),
    mobileNet('conv_stem.weight', timmMobileNetNames('')),
    // Hugging Face's names are ours, and its weights are Google's.
    {
      mark: 'mobilenet_v2.conv_stem.first_conv.convolution.weight',
      renaming: () => [['mobilenet_v2.*', 'mobilenet_v2.*']],
      conventions: { config: { tfPadding: true, batchNormEpsilon: 1e-3 }, preprocessing: TENSORFLOW },
    },
  ],
  vgg16: [{ mark: 'features.0.weight', renaming: vggNames, prepared: withConvolutions }],
}

/** The backbones that have layouts. */
export const readBackbones = Object.keys(LAYOUTS)

/** The layout of a checkpoint; the backbone's first one for a checkpoint of none; undefined for a backbone that has none. */
export function layoutOf(backbone: BackboneName, stateDict: StateDict): BackboneLayout | undefined {
  const layouts = LAYOUTS[backbone]
  return layouts?.find(({ mark }) => stateDict.has(mark)) ?? layouts?.[0]
}

/**
 * A checkpoint whose batch norms are folded into the convolutions, as exports for inference have them: each bias of a convolution becomes
 * the shift of a batch norm that changes nothing else.
 */
function withUnfoldedNorms(stateDict: StateDict, names: Renaming): StateDict {
  const found = new Map(stateDict)
  for (const [name, bias] of stateDict) {
    const ours = ourName(name, names)
    if (!ours.endsWith('.convolution.bias')) continue
    const norm = ours.replace(/convolution\.bias$/, 'normalization.')
    const add = (part: string, data: Float32Array) =>
      found.set(nameInCheckpoint(norm + part, names), { dtype: 'f32', shape: bias.shape, data })
    const filled = (value: number) => new Float32Array(bias.data.length).fill(value)
    add('weight', filled(1))
    add('bias', Float32Array.from(bias.data as Float32Array))
    add('running_mean', filled(0))
    add('running_var', filled(1 - EPSILON))
  }
  return found
}
