// The networks before DeepLabv3, as their Caffe models have them: FCN (Long et al. 2015), DeepLab v1 (Chen et al. 2015, LargeFOV) and v2
// (Chen et al. 2016, ASPP-L), without a CRF and, where its mean IoU is known, with it. Caffe's interpolation of DeepLab's logits aligns corners.

import type { DeepLabOptions } from '../backbones/table.ts'
import type { Row } from './row.ts'

const LARGE_FOV: Pick<Row, 'options'> = { options: { backbone: 'vgg16', rates: [12], alignCorners: true } }
const V2_RESNET: Pick<Row, 'options'> = { options: { backbone: 'deeplabv2_resnet101' } }
/** The maximum over three scales (section 4.1.2 of DeepLabv2). */
const THREE_SCALES: Row['inference'] = { scales: [1, 0.75, 0.5], merge: 'max' }

const vggPyramid = (...rates: number[]): DeepLabOptions => ({ backbone: 'vgg16', rates, alignCorners: true })

/** A row without a CRF and one with the CRF of DeepLab v2. */
const withAndWithoutCrf = (name: string, options: DeepLabOptions, [without, refined]: number[]): Row[] => [
  { name, options, paperMeanIoU: without },
  { name: `${name}.crf`, options, inference: { crf: 'v2' }, paperMeanIoU: refined },
]

export const caffeRows: Row[] = [
  ...(['fcn32s', 'fcn16s', 'fcn8s'] as const).map(head => ({
    name: `${head}_vgg16`,
    options: { backbone: 'vgg16' as const, head, outputStride: 32 },
    size: 500,
  })),
  { name: 'deeplabv1_vgg16', ...LARGE_FOV, paperMeanIoU: 62.25 },
  { name: 'deeplabv1_vgg16.crf', ...LARGE_FOV, inference: { crf: 'v1' }, paperMeanIoU: 67.64 },
  // Its multi-scale prediction.
  {
    name: 'deeplabv1_msc_vgg16',
    options: { backbone: 'vgg16', rates: [12], multiScale: true, alignCorners: true },
  },
  // ASPP-S and ASPP-L.
  ...withAndWithoutCrf('deeplabv2_vgg16.small', vggPyramid(2, 4, 8, 12), [66.98, 69.73]),
  ...withAndWithoutCrf('deeplabv2_vgg16', vggPyramid(6, 12, 18, 24), [68.96, 71.57]),
  {
    name: 'deeplabv2_resnet101.largefov',
    options: { backbone: 'deeplabv2_resnet101', rates: [12] },
    inference: THREE_SCALES,
    paperMeanIoU: 75.54,
  },
  { name: 'deeplabv2_resnet101', ...V2_RESNET, inference: THREE_SCALES, paperMeanIoU: 76.35 },
  {
    name: 'deeplabv2_resnet101.crf',
    ...V2_RESNET,
    paperMeanIoU: 77.69,
    inference: { ...THREE_SCALES, crf: 'v2' },
  },
]
