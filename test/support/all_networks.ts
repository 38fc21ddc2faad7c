// Tests build networks without waiting for their code to be loaded.

import { provideBuilder } from '../../src/model/backbones/builders.ts'
import { deepLabV2Network } from '../../src/model/backbones/deeplab_v2_network.ts'
import { mobileNetV2Network } from '../../src/model/backbones/mobilenet_v2_network.ts'
import { resnetNetwork } from '../../src/model/backbones/resnet_network.ts'
import { vgg16Network } from '../../src/model/backbones/vgg16_network.ts'
import { xceptionNetwork } from '../../src/model/backbones/xception_network.ts'

provideBuilder('resnet50', resnetNetwork)
provideBuilder('resnet101', resnetNetwork)
provideBuilder('mobilenet_v2', mobileNetV2Network)
provideBuilder('xception65', xceptionNetwork)
provideBuilder('vgg16', vgg16Network)
provideBuilder('deeplabv2_resnet101', deepLabV2Network)
