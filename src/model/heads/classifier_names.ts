// The names of the last layers of the heads in checkpoints. Fine-tuning on other classes replaces these layers.

import type { AuxiliaryHead } from '../backbones/backbone.ts'

/** The classifier of DeepLab's heads and of torchvision's FCN, the same in every variant. */
export const DEEPLAB_CLASSIFIER = 'classifier.4'
/** Of all heads on MobileNetV2. */
export const MOBILENET_CLASSIFIER = 'segmentation_head.classifier.convolution'

export const AUXILIARY_NAME = 'aux_classifier'
export const AUXILIARY_HEAD: AuxiliaryHead = {
  prefix: `${AUXILIARY_NAME}.`,
  classifier: `${AUXILIARY_NAME}.4`,
}
