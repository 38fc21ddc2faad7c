// The tables of FCN (Shelhamer et al. 2016), DeepLab v1 (Chen et al. 2015) and v2 (Chen et al. 2016).

import { MS, table } from './row.ts'

// "The reference implementation's models", which its README lists; "seg11valid" is the part of VOC 2011's val set without SBD's train set.
const fcn = table('FCN', 'models on seg11valid', { train: 32, network: { backbone: 'vgg16' } }, [
  { meanIoU: 63.6, network: { head: 'fcn32s' }, preset: 'fcn32s_vgg16' },
  { meanIoU: 65.0, network: { head: 'fcn16s' }, preset: 'fcn16s_vgg16' },
  { meanIoU: 65.5, network: { head: 'fcn8s' }, preset: 'fcn8s_vgg16' },
  {
    meanIoU: 65.4,
    network: { head: 'fcn8s' },
    without: 'the network of fcn8s_vgg16, trained at once with scaled skips',
  },
])

const OTHER_FC6 = 'fc6 is 4×4 or 7×7 with 4096 channels; the paper goes on with 3×3 and 1024 (LargeFOV)'
const largeFov = { backbone: 'vgg16', rates: [12], multiScale: false }
const msc = { multiScale: true }
const v1 = table('DeepLab v1', 'Table 1a', { train: 8, network: largeFov }, [
  { meanIoU: 59.8, without: OTHER_FC6 },
  { meanIoU: 63.74, without: OTHER_FC6, crf: 'v1' },
  { meanIoU: 61.3, without: OTHER_FC6, network: msc },
  { meanIoU: 65.21, without: OTHER_FC6, network: msc, crf: 'v1' },
  { meanIoU: 64.38, without: OTHER_FC6 },
  { meanIoU: 67.64, without: OTHER_FC6, crf: 'v1' },
  { meanIoU: 62.25, preset: 'deeplabv1_vgg16' },
  { meanIoU: 67.64, preset: 'deeplabv1_vgg16.crf', crf: 'v1' },
  { meanIoU: 64.21, preset: 'deeplabv1_msc_vgg16', network: msc },
  { meanIoU: 68.7, preset: 'deeplabv1_msc_vgg16.crf', network: msc, crf: 'v1' },
])

const small = { rates: [2, 4, 8, 12] }
const large = { rates: [6, 12, 18, 24] }
const v2OnVgg = table('DeepLab v2', 'Table 3', { train: 8, network: largeFov }, [
  { meanIoU: 65.76, preset: 'deeplabv2_vgg16.largefov' },
  { meanIoU: 69.84, preset: 'deeplabv2_vgg16.largefov.crf', crf: 'v2-vgg' },
  { meanIoU: 66.98, preset: 'deeplabv2_vgg16.small', network: small },
  { meanIoU: 69.73, preset: 'deeplabv2_vgg16.small.crf', network: small, crf: 'v2-vgg' },
  { meanIoU: 68.96, preset: 'deeplabv2_vgg16', network: large },
  { meanIoU: 71.57, preset: 'deeplabv2_vgg16.crf', network: large, crf: 'v2-vgg' },
])

const v2OnResNet = table(
  'DeepLab v2',
  'Table 4',
  { train: 8, network: { backbone: 'deeplabv2_resnet101', rates: [] } },
  [
    { meanIoU: 68.72, preset: 'deeplabv2_resnet101.plain' },
    { meanIoU: 71.27, preset: 'deeplabv2_resnet101.plain.ms', ...MS },
    { meanIoU: 73.28, preset: 'deeplabv2_resnet101.plain.ms.coco', ...MS },
    { meanIoU: 74.87, preset: 'deeplabv2_resnet101.plain.ms.coco.augmented', ...MS },
    { meanIoU: 75.54, preset: 'deeplabv2_resnet101.largefov', ...MS, network: { rates: [12] } },
    { meanIoU: 76.35, preset: 'deeplabv2_resnet101', ...MS, network: large },
    { meanIoU: 77.69, preset: 'deeplabv2_resnet101.crf', ...MS, crf: 'v2', network: large },
  ],
)

export const caffeTables = [fcn, v1, v2OnVgg, v2OnResNet]
