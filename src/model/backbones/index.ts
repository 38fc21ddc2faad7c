// The table of backbones. A backbone of DeepLabConfig without an entry does not compile.

import type { DeepLabConfig } from '../config.ts'
import type {
  Backbone,
  CheckpointLayout,
  HuggingFaceLayout,
  RecognisedNetwork,
  TensorShapes,
} from './backbone.ts'
import { mobileNetV2 } from './mobilenet_v2.ts'
import { resnet } from './resnet.ts'

export type BackboneName = DeepLabConfig['backbone']

/** The config of the backbone of this name. */
type ConfigOf<Name extends BackboneName, Config = DeepLabConfig> = Config extends { backbone: infer Names }
  ? Name extends Names
    ? Config
    : never
  : never

export const backbones = {
  resnet50: resnet('resnet50', [3, 4, 6, 3]),
  resnet101: resnet('resnet101', [3, 4, 23, 3]),
  mobilenet_v2: mobileNetV2,
} satisfies { [Name in BackboneName]: Backbone<ConfigOf<Name>> }

export const backboneNames = Object.keys(backbones) as BackboneName[]

/** The backbone of a network. */
export const backboneOf = ({ backbone }: { backbone: BackboneName }): Backbone => backbones[backbone]

/** Each layout of checkpoints once. */
export const checkpointLayouts: readonly CheckpointLayout[] = [
  ...new Set(Object.values<Backbone>(backbones).map(({ checkpoint }) => checkpoint)),
]

/** The network of a state dict without DataParallel's prefix; undefined where no backbone here has such tensors. */
export function recogniseNetwork(tensors: TensorShapes): RecognisedNetwork | undefined {
  for (const layout of checkpointLayouts) {
    const network = layout.recognise(tensors)
    if (network) return network
  }
  return undefined
}

/** The layout of a config.json in Hugging Face's form. One without a known `model_type` goes to the first layout, which refuses it. */
export function huggingFaceLayout(modelType: unknown): HuggingFaceLayout {
  const layouts = checkpointLayouts.flatMap(({ huggingFace }) => huggingFace ?? [])
  return layouts.find(layout => layout.modelType === modelType) ?? layouts[0]
}
