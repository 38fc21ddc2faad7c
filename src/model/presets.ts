// Networks by name: every row of DeepLabv3's Tables 1 to 6 and 10 (Chen et al. 2017), those of the other papers in presets/, the
// networks of the public checkpoints, and the small one of weights/scenes. The name of a row has its table, its cells, the output
// stride, and the inference strategy if it is more than a single pass:
// table1.os8   table2.resnet101.block6.os16   table3.mg124.block5.os16   table4.os8.ms.flip
// table5.mg124.aspp6-12-18.pool.os16   table6.os8.ms   table10.train32.os16
// deeplabv3_resnet50   deeplabv3_resnet101   deeplabv3_mobilenet_v2   fcn_resnet50   fcn_resnet101   scenes
// deeplabv3plus_resnet101   deeplabv3plus.table5.separable.os8.ms.flip
// fcn32s_vgg16   fcn16s_vgg16   fcn8s_vgg16   deeplabv1_vgg16   deeplabv1_msc_vgg16   deeplabv2_vgg16   deeplabv2_resnet101

import { UserError } from '../errors.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from './config.ts'
import { caffeRows } from './presets/caffe.ts'
import { plusRows } from './presets/deeplabv3plus.ts'
import { type Inference, MULTI_SCALE, type Row } from './presets/row.ts'

export type { Inference }

export interface Preset {
  name: string
  /** Its `outputStride` is that of training. */
  config: DeepLabConfig
  inference: Inference
  /** The length in pixels of a photo's longest edge as the network sees it. Default: the paper's 513. */
  size?: number
  /**
   * The paper's mIoU for the row, in percent, on the val set of PASCAL VOC 2012 (FCN: a part of that of 2011). It is of the paper's
   * weights, not of ours.
   */
  paperMeanIoU?: number
}

/** Table 1: ResNet-50 with block7, no multi-grid; output stride and mIoU. */
const TABLE_1 = [
  [8, 75.18],
  [16, 73.88],
  [32, 70.06],
  [64, 59.99],
  [128, 42.34],
  [256, 20.29],
]

/** Table 2: the mIoU with block4, block5, block6 and block7. */
const TABLE_2 = {
  resnet50: [64.81, 72.14, 74.29, 73.88],
  resnet101: [68.39, 73.21, 75.34, 75.76],
} as const

/** Table 3: ResNet-101; multi-grid and the mIoU with block4, block5, block6 and block7. */
const TABLE_3 = [
  { multiGrid: [1, 1, 1], meanIoUs: [68.39, 73.21, 75.34, 75.76] },
  { multiGrid: [1, 2, 1], meanIoUs: [70.23, 75.67, 76.09, 76.66] },
  { multiGrid: [1, 2, 3], meanIoUs: [73.14, 75.78, 75.96, 76.11] },
  { multiGrid: [1, 2, 4], meanIoUs: [73.45, 75.74, 75.85, 76.02] },
  { multiGrid: [2, 2, 2], meanIoUs: [71.45, 74.3, 74.7, 74.62] },
]

/** Tables 4 and 6: ResNet-101 trained at output stride 16, with block7 and multi-grid 1, 2, 1, or with block4 and ASPP. */
const STRATEGIES = [
  { name: 'os16', inference: { outputStride: 16 }, cascade: 76.66, aspp: 77.21 },
  { name: 'os8', inference: { outputStride: 8 }, cascade: 78.05, aspp: 78.51 },
  { name: 'os8.ms', inference: { outputStride: 8, scales: MULTI_SCALE }, cascade: 78.93, aspp: 79.45 },
  {
    name: 'os8.ms.flip',
    inference: { outputStride: 8, scales: MULTI_SCALE, flip: true },
    cascade: 79.35,
    aspp: 79.77,
  },
]

/** Table 5: ResNet-101 with block4; multi-grid, ASPP rates, image pooling and mIoU. */
const TABLE_5 = [
  { multiGrid: [1, 1, 1], rates: [6, 12, 18], imagePooling: false, meanIoU: 75.36 },
  { multiGrid: [1, 2, 1], rates: [6, 12, 18], imagePooling: false, meanIoU: 75.93 },
  { multiGrid: [1, 2, 4], rates: [6, 12, 18], imagePooling: false, meanIoU: 76.58 },
  { multiGrid: [1, 2, 4], rates: [6, 12, 18, 24], imagePooling: false, meanIoU: 76.46 },
  { multiGrid: [1, 2, 4], rates: [6, 12, 18], imagePooling: true, meanIoU: 77.21 },
]

const asppModel: DeepLabOptions = {
  backbone: 'resnet101',
  multiGrid: [1, 2, 4],
  aspp: { rates: [6, 12, 18], imagePooling: true },
}

/** Table 10: the model of Table 6, trained at another output stride; and the mIoU at 16 and 8. */
const TABLE_10 = [
  { trainedAt: 8, at16: 74.45, at8: 75.62 },
  { trainedAt: 32, at16: 75.9, at8: 75.75 },
]

/** A network of the cascaded modules (section 3.2): its logits come straight from the last block. */
const cascade = (backbone: 'resnet50' | 'resnet101', lastBlock: number, multiGrid = [1, 1, 1]) => ({
  backbone,
  lastBlock,
  multiGrid,
  aspp: null,
})

/** A row for each of block4 to block7. */
const byLastBlock = (meanIoUs: readonly number[], row: (lastBlock: number) => Row): Row[] =>
  meanIoUs.map((paperMeanIoU, index) => ({ ...row(4 + index), paperMeanIoU }))

/** torchvision's own networks, which load its checkpoints: no multi-grid, trained at output stride 8. */
const torchvisionRow = (
  name: string,
  backbone: 'resnet50' | 'resnet101',
  head: Partial<DeepLabOptions>,
): Row => ({
  name: `${name}_${backbone}`,
  options: {
    backbone,
    outputStride: 8,
    multiGrid: [1, 1, 1],
    firstUnitRate: 'previousBlock',
    ...head,
  } as DeepLabOptions,
})

const torchvisionRows: Row[] = [
  torchvisionRow('deeplabv3', 'resnet50', { headConvolution: true }),
  torchvisionRow('deeplabv3', 'resnet101', { headConvolution: true }),
  torchvisionRow('fcn', 'resnet50', { aspp: null, fcn: true } as Partial<DeepLabOptions>),
  torchvisionRow('fcn', 'resnet101', { aspp: null, fcn: true } as Partial<DeepLabOptions>),
]

const rows: Row[] = [
  ...torchvisionRows,
  { name: 'deeplabv3_mobilenet_v2', options: { backbone: 'mobilenet_v2' } },
  ...caffeRows,
  // The network of weights/scenes: multi-grid, ASPP, image pooling and DeepLabv3+'s decoder in 3 MB.
  {
    name: 'scenes',
    options: {
      backbone: 'resnet50',
      units: [2, 2, 3, 3],
      width: 1 / 6,
      classes: 6,
      aspp: { separable: 'both' },
      decoder: {},
      alignCorners: true,
    },
    size: 257,
  },

  ...TABLE_1.map(([outputStride, paperMeanIoU]) => ({
    name: `table1.os${outputStride}`,
    options: { ...cascade('resnet50', 7), outputStride },
    paperMeanIoU,
  })),

  ...(['resnet50', 'resnet101'] as const).flatMap(backbone =>
    byLastBlock(TABLE_2[backbone], lastBlock => ({
      name: `table2.${backbone}.block${lastBlock}.os16`,
      options: cascade(backbone, lastBlock),
    })),
  ),

  ...TABLE_3.flatMap(({ multiGrid, meanIoUs }) =>
    byLastBlock(meanIoUs, lastBlock => ({
      name: `table3.mg${multiGrid.join('')}.block${lastBlock}.os16`,
      options: cascade('resnet101', lastBlock, multiGrid),
    })),
  ),

  ...STRATEGIES.map(({ name, inference, ...meanIoU }) => ({
    name: `table4.${name}`,
    options: cascade('resnet101', 7, [1, 2, 1]),
    inference,
    paperMeanIoU: meanIoU.cascade,
  })),

  ...TABLE_5.map(({ multiGrid, rates, imagePooling, meanIoU }) => ({
    name: `table5.mg${multiGrid.join('')}.aspp${rates.join('-')}${imagePooling ? '.pool' : ''}.os16`,
    options: { ...asppModel, multiGrid, aspp: { rates, imagePooling } },
    paperMeanIoU: meanIoU,
  })),

  ...STRATEGIES.map(({ name, inference, aspp }) => ({
    name: `table6.${name}`,
    options: asppModel,
    inference,
    paperMeanIoU: aspp,
  })),
  // The last row differs only in its training, which began on COCO.
  {
    name: 'table6.os8.ms.flip.coco',
    options: asppModel,
    inference: STRATEGIES[3].inference,
    paperMeanIoU: 82.7,
  },

  ...TABLE_10.flatMap(({ trainedAt, at16, at8 }) =>
    [
      { outputStride: 16, paperMeanIoU: at16 },
      { outputStride: 8, paperMeanIoU: at8 },
    ].map(({ outputStride, paperMeanIoU }) => ({
      name: `table10.train${trainedAt}.os${outputStride}`,
      options: { ...asppModel, outputStride: trainedAt },
      inference: { outputStride },
      paperMeanIoU,
    })),
  ),
  ...plusRows,
]

/** All presets, in the order of the paper's tables. */
export const presets: readonly Preset[] = rows.map(({ name, options, inference, ...rest }) => {
  const config = deepLabConfig(options)
  const plain = { outputStride: config.outputStride, scales: [1], flip: false }
  return { name, config, inference: { ...plain, ...inference }, ...rest }
})

/** The preset of this name. Throws a UserError for an unknown name; it lists the names of the same table. */
export function preset(name: string): Preset {
  const found = presets.find(candidate => candidate.name === name)
  if (found) return found
  const family = presets
    .map(candidate => candidate.name)
    .filter(other => other.split('.')[0] === name.split('.')[0])
  const known =
    family.length > 0 ? family : [...new Set(presets.map(candidate => candidate.name.split('.')[0]))]
  throw new UserError(`no preset is named ${name}; there are ${known.join(', ')}`)
}
