// The networks before DeepLabv3, as their Caffe models have them: FCN (Long et al. 2015), DeepLab v1 (Chen et al. 2015, Table 1) and v2
// (Chen et al. 2016, Tables 3 and 4), without a CRF and with it. Caffe's interpolation of DeepLab's logits aligns corners.

import type { DeepLabOptions } from '../backbones/table.ts'
import type { Inference, Row } from './row.ts'

/** FCN's mean IoU is of the images of VOC 2011's val set that its extended training set does not have ("seg11valid"). */
const FCN = [
  ['fcn32s', 63.6],
  ['fcn16s', 65],
  ['fcn8s', 65.5],
] as const

/** The maximum over three scales (section 4.1.2 of DeepLabv2). */
const THREE_SCALES: Row['inference'] = { scales: [1, 0.75, 0.5], merge: 'max' }

const vggPyramid = (...rates: number[]): DeepLabOptions => ({ backbone: 'vgg16', rates, alignCorners: true })

/** A row without a CRF and one with it. */
const withAndWithoutCrf = (row: Row, crf: Inference['crf'], [without, refined]: [number, number]): Row[] => [
  { ...row, paperMeanIoU: without },
  { ...row, name: `${row.name}.crf`, inference: { ...row.inference, crf }, paperMeanIoU: refined },
]

/** ResNet-101 without ASPP. The rows of Table 4 add to each other: three scales, weights from COCO, images of random sizes. */
const plainRow = (name: string, paperMeanIoU: number, inference?: Row['inference']): Row => ({
  name: `deeplabv2_resnet101.plain${name}`,
  options: { backbone: 'deeplabv2_resnet101', rates: [] },
  inference,
  paperMeanIoU,
})

export const caffeRows: Row[] = [
  ...FCN.map(([head, paperMeanIoU]) => ({
    name: `${head}_vgg16`,
    options: { backbone: 'vgg16' as const, head, outputStride: 32 },
    size: 500,
    paperMeanIoU,
  })),
  // LargeFOV, and its multi-scale prediction.
  ...withAndWithoutCrf({ name: 'deeplabv1_vgg16', options: vggPyramid(12) }, 'v1', [62.25, 67.64]),
  ...withAndWithoutCrf(
    { name: 'deeplabv1_msc_vgg16', options: { ...vggPyramid(12), multiScale: true } as DeepLabOptions },
    'v1',
    [64.21, 68.7],
  ),
  // LargeFOV again, which v2 trains longer, ASPP-S and ASPP-L.
  ...withAndWithoutCrf(
    { name: 'deeplabv2_vgg16.largefov', options: vggPyramid(12) },
    'v2-vgg',
    [65.76, 69.84],
  ),
  ...withAndWithoutCrf(
    { name: 'deeplabv2_vgg16.small', options: vggPyramid(2, 4, 8, 12) },
    'v2-vgg',
    [66.98, 69.73],
  ),
  ...withAndWithoutCrf(
    { name: 'deeplabv2_vgg16', options: vggPyramid(6, 12, 18, 24) },
    'v2-vgg',
    [68.96, 71.57],
  ),
  plainRow('', 68.72),
  plainRow('.ms', 71.27, THREE_SCALES),
  plainRow('.ms.coco', 73.28, THREE_SCALES),
  plainRow('.ms.coco.augmented', 74.87, THREE_SCALES),
  {
    name: 'deeplabv2_resnet101.largefov',
    options: { backbone: 'deeplabv2_resnet101', rates: [12] },
    inference: THREE_SCALES,
    paperMeanIoU: 75.54,
  },
  ...withAndWithoutCrf(
    {
      name: 'deeplabv2_resnet101',
      options: { backbone: 'deeplabv2_resnet101' },
      inference: THREE_SCALES,
    },
    'v2',
    [76.35, 77.69],
  ),
]
