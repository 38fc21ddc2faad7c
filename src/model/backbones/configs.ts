// The configs of all backbones. A new backbone's config is entered here once for the whole program and for the package's types.

import type { AsppConfig, DecoderConfig } from '../heads/head_config.ts'
import type { DeepLabV2Config } from './deeplab_v2_config.ts'
import type { MobileNetV2Config } from './mobilenet_v2_config.ts'
import type { ResNetConfig } from './resnet_config.ts'
import type { Vgg16Config } from './vgg16_config.ts'
import type { XceptionConfig } from './xception_config.ts'

export type {
  AsppConfig,
  DecoderConfig,
  DeepLabV2Config,
  MobileNetV2Config,
  ResNetConfig,
  Vgg16Config,
  XceptionConfig,
}

export type DeepLabConfig = ResNetConfig | MobileNetV2Config | XceptionConfig | Vgg16Config | DeepLabV2Config

/** A config in which all but the backbone may be left to its default; so may the fields of its heads. */
export type NetworkOptions<Config extends DeepLabConfig> = { backbone: Config['backbone'] } & {
  [Field in Exclude<keyof Config, 'backbone'>]?: Field extends 'aspp' | 'decoder'
    ? Partial<NonNullable<Config[Field]>> | null
    : Config[Field]
}

export type DeepLabOptions =
  | NetworkOptions<ResNetConfig>
  | NetworkOptions<MobileNetV2Config>
  | NetworkOptions<XceptionConfig>
  | NetworkOptions<Vgg16Config>
  | NetworkOptions<DeepLabV2Config>
