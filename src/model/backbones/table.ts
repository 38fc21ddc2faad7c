// The table of backbones: a row for each, and their configs, which the package exports. A config without a row does not compile.
// docs/add-a-backbone.md walks through the files of one.

import type { AsppConfig, DecoderConfig } from '../heads/head_config.ts'
import type { Backbone } from './backbone.ts'
import { type DeepLabV2Config, deepLabV2 } from './deeplab_v2.ts'
import type { NetworkOptions } from './fields.ts'
import { type MobileNetV2Config, mobileNetV2 } from './mobilenet_v2.ts'
import { type ResNetConfig, resnet } from './resnet.ts'
import { type Vgg16Config, vgg16 } from './vgg16.ts'
import { type XceptionConfig, xception65 } from './xception.ts'

export type {
  AsppConfig,
  DecoderConfig,
  DeepLabV2Config,
  MobileNetV2Config,
  NetworkOptions,
  ResNetConfig,
  Vgg16Config,
  XceptionConfig,
}

export type DeepLabConfig = ResNetConfig | MobileNetV2Config | XceptionConfig | Vgg16Config | DeepLabV2Config

/** A config in which all but the backbone may be left to its default; so may the fields of its heads. */
export type DeepLabOptions = NetworkOptions<DeepLabConfig>

type BackboneName = DeepLabConfig['backbone']

/** The config of the backbone of this name. */
type ConfigOf<Name extends BackboneName, Config = DeepLabConfig> = Config extends { backbone: infer Names }
  ? Name extends Names
    ? Config
    : never
  : never

/** A ResNet by its name, with what loads the code of all of them. */
const resnetRow = <Name extends ResNetConfig['backbone']>(name: Name) => ({
  ...resnet(name),
  builder: async () => (await import('./resnet_graph.ts')).resnetNetwork,
  recogniser: async () => (await import('../recognition/resnet.ts')).resnetRecogniser,
})

/** @internal */
export const backbones = {
  resnet18: resnetRow('resnet18'),
  resnet34: resnetRow('resnet34'),
  resnet50: resnetRow('resnet50'),
  resnet101: resnetRow('resnet101'),
  mobilenet_v2: {
    ...mobileNetV2,
    builder: async () => (await import('./mobilenet_v2_graph.ts')).mobileNetV2Network,
    recogniser: async () => (await import('../recognition/mobilenet_v2.ts')).mobileNetV2Recogniser,
  },
  xception65: {
    ...xception65,
    builder: async () => (await import('./xception_graph.ts')).xceptionNetwork,
    recogniser: async () => (await import('../recognition/xception.ts')).xceptionRecogniser,
  },
  vgg16: {
    ...vgg16,
    builder: async () => (await import('./vgg16_graph.ts')).vgg16Network,
    recogniser: async () => (await import('../recognition/vgg16.ts')).vgg16Recogniser,
  },
  deeplabv2_resnet101: {
    ...deepLabV2,
    builder: async () => (await import('./deeplab_v2_graph.ts')).deepLabV2Network,
    recogniser: async () => (await import('../recognition/deeplab_v2.ts')).deepLabV2Recogniser,
  },
} satisfies { [Name in BackboneName]: Backbone<ConfigOf<Name>> }
