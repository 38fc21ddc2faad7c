// The networks before DeepLabv3, as their Caffe models have them: FCN (Long et al. 2015), DeepLab v1 (Chen et al. 2015, LargeFOV) and v2
// (Chen et al. 2016, ASPP-L), without a CRF and, where its mean IoU is known, with it. Caffe's interpolation of DeepLab's logits aligns corners.

import type { Row } from './row.ts'

export const caffeRows: Row[] = [
  ...(['fcn32s', 'fcn16s', 'fcn8s'] as const).map(head => ({
    name: `${head}_vgg16`,
    options: { backbone: 'vgg16' as const, head, outputStride: 32 },
    size: 500,
  })),
  {
    name: 'deeplabv1_vgg16',
    options: { backbone: 'vgg16', rates: [12], alignCorners: true },
    paperMeanIoU: 62.25,
  },
  {
    name: 'deeplabv1_vgg16.crf',
    options: { backbone: 'vgg16', rates: [12], alignCorners: true },
    inference: { crf: 'v1' },
    paperMeanIoU: 67.64,
  },
  // Its multi-scale prediction.
  {
    name: 'deeplabv1_msc_vgg16',
    options: { backbone: 'vgg16', rates: [12], multiScale: true, alignCorners: true },
  },
  {
    name: 'deeplabv2_vgg16',
    options: { backbone: 'vgg16', rates: [6, 12, 18, 24], alignCorners: true },
    paperMeanIoU: 68.96,
  },
  {
    name: 'deeplabv2_resnet101',
    options: { backbone: 'deeplabv2_resnet101' },
    inference: { scales: [1, 0.75, 0.5], merge: 'max' },
    paperMeanIoU: 76.35,
  },
  {
    name: 'deeplabv2_resnet101.crf',
    options: { backbone: 'deeplabv2_resnet101' },
    inference: { scales: [1, 0.75, 0.5], merge: 'max', crf: 'v2' },
    paperMeanIoU: 77.69,
  },
]
