// The table of backbones. A backbone of DeepLabConfig without an entry does not compile.
//
// A new backbone needs: its config, entry and checkpoint layout in a file of this folder, and its layers in another; a row below;
// its config in configs.ts; a preset in ../presets.ts; and a test.

import type { Backbone } from './backbone.ts'
import type { DeepLabConfig } from './configs.ts'
import { deepLabV2 } from './deeplab_v2.ts'
import { mobileNetV2 } from './mobilenet_v2.ts'
import { resnet } from './resnet.ts'
import { vgg16 } from './vgg16.ts'
import { xception65 } from './xception.ts'

export type BackboneName = DeepLabConfig['backbone']

/** The config of the backbone of this name. */
type ConfigOf<Name extends BackboneName, Config = DeepLabConfig> = Config extends { backbone: infer Names }
  ? Name extends Names
    ? Config
    : never
  : never

export const backbones = {
  resnet18: resnet('resnet18'),
  resnet34: resnet('resnet34'),
  resnet50: resnet('resnet50'),
  resnet101: resnet('resnet101'),
  mobilenet_v2: mobileNetV2,
  xception65,
  vgg16,
  deeplabv2_resnet101: deepLabV2,
} satisfies { [Name in BackboneName]: Backbone<ConfigOf<Name>> }

export const backboneNames = Object.keys(backbones) as BackboneName[]

/** The backbone of a network. */
export const backboneOf = ({ backbone }: { backbone: BackboneName }): Backbone => backbones[backbone]
