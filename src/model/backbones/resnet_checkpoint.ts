// What torchvision's checkpoints of `deeplabv3_resnet50`, `fcn_resnet50` and their like have besides our parameters.

import { TORCHVISION } from '../preprocessing.ts'
import type { CheckpointLayout } from './backbone.ts'

export const resnetCheckpoint: CheckpointLayout = {
  // The auxiliary head, which a config may leave out.
  isUnused: name => name.startsWith('aux_classifier.'),
  preprocessing: TORCHVISION,
}
