// Networks of a few kilobytes for the fuzz targets to damage.

import '../support/all_networks.ts'
import { type Model, untrainedModel } from '../../src/library/model_files.ts'
import { deepLabConfig } from '../../src/model/config.ts'

/** A ResNet with every feature of a config, and as few channels as possible. */
export const smallResNet = (): Model =>
  untrainedModel(
    deepLabConfig({
      ...{ backbone: 'resnet50', classes: 3, units: [1, 1, 1, 1], multiGrid: [1], width: 0.02 },
      ...{ aspp: { rates: [6], imagePooling: true }, headConvolution: true, auxiliaryHead: true },
    }),
  )

/** Hugging Face's smallest network; its head still has 256 filters. */
export const smallMobileNet = (): Model =>
  untrainedModel(
    deepLabConfig({ backbone: 'mobilenet_v2', classes: 3, depthMultiplier: 0.1, expandRatio: 1 }),
  )
