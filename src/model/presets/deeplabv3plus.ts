// DeepLabv3+ by name: the rows of Tables 1 to 3 and 5 (Chen et al. 2018, section 4). Those of Table 3 that were trained at output stride
// 16 without the decoder are DeepLabv3's table6.

import type { DeepLabOptions, ResNetConfig } from '../backbones/table.ts'
import type { DecoderConfig } from '../heads/head_config.ts'
import { MULTI_SCALE, type Row } from './row.ts'

type DecoderOptions = Partial<DecoderConfig>

/** Table 1: the channels of the low-level features, before one 3×3 convolution; and the mIoU. */
const LOW_LEVEL_CHANNELS = [
  [8, 77.61],
  [16, 77.92],
  [32, 78.16],
  [48, 78.21],
  [64, 77.94],
]

/** Table 2: the convolutions of a stage, 3×3 with 256 channels unless they say otherwise; and the mIoU. */
const CONVOLUTIONS: [name: string, decoder: DecoderOptions, paperMeanIoU: number][] = [
  ['convolutions1', { convolutions: 1 }, 78.21],
  ['convolutions2', { convolutions: 2 }, 78.85],
  ['convolutions3', { convolutions: 3 }, 78.02],
  ['channels128', { convolutions: 1, channels: 128 }, 77.25],
  ['kernel1', { convolutions: 1, kernel: 1 }, 78.07],
  ['stages2', { convolutions: 1, stages: 2 }, 78.61],
]

/** Strategies of evaluation. The encoder is trained at output stride 16. */
const STRATEGIES = [
  { name: 'os16', inference: { outputStride: 16 } },
  { name: 'os16.ms', inference: { outputStride: 16, scales: MULTI_SCALE } },
  { name: 'os16.ms.flip', inference: { outputStride: 16, scales: MULTI_SCALE, flip: true } },
  { name: 'os8', inference: { outputStride: 8 } },
  { name: 'os8.ms', inference: { outputStride: 8, scales: MULTI_SCALE } },
  { name: 'os8.ms.flip', inference: { outputStride: 8, scales: MULTI_SCALE, flip: true } },
]

/** Those that Table 5 reports of the network with separable convolutions ("SC"). */
const SEPARABLE_STRATEGIES = STRATEGIES.filter(({ name }) => !name.endsWith('.ms'))

const SEPARABLE = { separable: 'both' } as const

const withDecoder = (backbone: ResNetConfig['backbone'], decoder: DecoderOptions = {}): DeepLabOptions => ({
  backbone,
  decoder,
})

const xception = (options: Partial<DeepLabOptions>) =>
  ({ backbone: 'xception65', ...options }) as DeepLabOptions

/** A row for each strategy of evaluation. */
const byStrategy = (table: string, options: DeepLabOptions, meanIoUs: number[]): Row[] =>
  STRATEGIES.map(({ name, inference }, index) => ({
    name: `deeplabv3plus.${table}.${name}`,
    options,
    inference,
    paperMeanIoU: meanIoUs[index],
  }))

/** The rows with separable convolutions. `start` names the weights that training began with, if they were others than ImageNet's. */
const separableRows = (start: string, meanIoUs: number[]): Row[] =>
  SEPARABLE_STRATEGIES.map(({ name, inference }, index) => ({
    name: `deeplabv3plus.table5.separable.${name}${start}`,
    options: xception({}),
    inference,
    paperMeanIoU: meanIoUs[index],
  }))

/** Table 3: ResNet-101 trained at output stride 32, without the decoder and with it. */
const TRAINED_AT_32: [name: string, evaluatedAt: number, paperMeanIoU: number][] = [
  ['encoder.os32', 32, 75.43],
  ['os32', 32, 77.37],
  ['os16', 16, 77.8],
  ['os8', 8, 77.92],
]

export const plusRows: Row[] = [
  ...(['resnet18', 'resnet34', 'resnet50', 'resnet101'] as const).map(backbone => ({
    name: `deeplabv3plus_${backbone}`,
    options: withDecoder(backbone),
  })),
  {
    name: 'deeplabv3plus_mobilenet_v2',
    options: { backbone: 'mobilenet_v2', aspp: SEPARABLE, decoder: SEPARABLE },
  },
  { name: 'deeplabv3plus_xception65', options: xception({}) },

  // ResNet-101.
  ...LOW_LEVEL_CHANNELS.map(([lowLevelChannels, paperMeanIoU]) => ({
    name: `deeplabv3plus.table1.channels${lowLevelChannels}.os16`,
    options: withDecoder('resnet101', { lowLevelChannels, convolutions: 1 }),
    paperMeanIoU,
  })),
  ...CONVOLUTIONS.map(([name, decoder, paperMeanIoU]) => ({
    name: `deeplabv3plus.table2.${name}.os16`,
    options: withDecoder('resnet101', decoder),
    paperMeanIoU,
  })),
  ...byStrategy('table3', withDecoder('resnet101'), [78.85, 80.09, 80.22, 79.35, 80.43, 80.57]),
  ...TRAINED_AT_32.map(([name, outputStride, paperMeanIoU]) => ({
    name: `deeplabv3plus.table3.train32.${name}`,
    options: {
      backbone: 'resnet101' as const,
      outputStride: 32,
      decoder: name.startsWith('encoder') ? null : {},
    },
    inference: { outputStride },
    paperMeanIoU,
  })),

  // Xception-65: without a decoder, with one, and with depthwise separable convolutions in ASPP and decoder, which training began with
  // weights from ImageNet, COCO, and COCO and JFT-300M.
  ...byStrategy(
    'table5.encoder',
    xception({ aspp: {}, decoder: null }),
    [79.17, 80.57, 80.79, 79.64, 81.15, 81.34],
  ),
  ...byStrategy(
    'table5.decoder',
    xception({ aspp: {}, decoder: {} }),
    [79.93, 81.38, 81.44, 80.22, 81.6, 81.63],
  ),
  ...separableRows('', [79.79, 81.21, 80.02, 81.39]),
  ...separableRows('.coco', [82.2, 83.34, 82.45, 83.58]),
  ...separableRows('.coco.jft', [83.03, 84.22, 83.39, 84.56]),
]
