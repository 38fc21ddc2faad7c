// The configs of all backbones. A new backbone's config is entered here once for the whole program and for the package's types.

import type { DeepLabV2Config } from './deeplab_v2_config.ts'
import type { MobileNetV2Config } from './mobilenet_v2_config.ts'
import type { AsppConfig, ResNetConfig } from './resnet_config.ts'
import type { Vgg16Config } from './vgg16_config.ts'

export type { AsppConfig, DeepLabV2Config, MobileNetV2Config, ResNetConfig, Vgg16Config }

export type DeepLabConfig = ResNetConfig | MobileNetV2Config | Vgg16Config | DeepLabV2Config

/** A config in which all but the backbone may be left to its default. */
export type DeepLabOptions =
  | ({ backbone: ResNetConfig['backbone']; aspp?: Partial<AsppConfig> | null } & Partial<
      Omit<ResNetConfig, 'aspp'>
    >)
  | ({ backbone: MobileNetV2Config['backbone'] } & Partial<MobileNetV2Config>)
  | ({ backbone: Vgg16Config['backbone'] } & Partial<Vgg16Config>)
  | ({ backbone: DeepLabV2Config['backbone'] } & Partial<DeepLabV2Config>)
