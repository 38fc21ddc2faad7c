// The tables of DeepLabv3+ (Chen et al. 2018).

import { encoder } from './deeplabv3.ts'
import { at8, at16, type Fields, FLIP, MS, table } from './row.ts'

const decoder = (fields: Fields): Fields => ({ 'decoder.stages': 1, 'decoder.kernel': 3, ...fields })
const lowLevel = (channels: number): Fields => ({
  'decoder.lowLevelChannels': channels,
  'decoder.convolutions': 1,
})
const withDecoder = {
  ...{ backbone: 'resnet101', multiGrid: [1, 2, 4], 'aspp.rates': [6, 12, 18], 'decoder.lowLevelStride': 4 },
  ...{ 'decoder.convolutions': 2, 'decoder.lowLevelChannels': 48, 'decoder.separable': null },
}
const plusChannels = table('DeepLabv3+', 'Table 1', { train: 16, network: withDecoder }, [
  { meanIoU: 77.61, preset: 'deeplabv3plus.table1.channels8.os16', network: lowLevel(8) },
  { meanIoU: 77.92, preset: 'deeplabv3plus.table1.channels16.os16', network: lowLevel(16) },
  { meanIoU: 78.16, preset: 'deeplabv3plus.table1.channels32.os16', network: lowLevel(32) },
  { meanIoU: 78.21, preset: 'deeplabv3plus.table1.channels48.os16', network: lowLevel(48) },
  { meanIoU: 77.94, preset: 'deeplabv3plus.table1.channels64.os16', network: lowLevel(64) },
])
const one = { 'decoder.convolutions': 1 }
const plusDecoders = table('DeepLabv3+', 'Table 2', { train: 16, network: decoder(withDecoder) }, [
  { meanIoU: 78.21, preset: 'deeplabv3plus.table2.convolutions1.os16', network: one },
  { meanIoU: 78.85, preset: 'deeplabv3plus.table2.convolutions2.os16' },
  {
    meanIoU: 78.02,
    preset: 'deeplabv3plus.table2.convolutions3.os16',
    network: { 'decoder.convolutions': 3 },
  },
  {
    meanIoU: 77.25,
    preset: 'deeplabv3plus.table2.channels128.os16',
    network: { ...one, 'decoder.channels': 128 },
  },
  {
    meanIoU: 78.07,
    preset: 'deeplabv3plus.table2.kernel1.os16',
    network: { ...one, 'decoder.kernel': 1 },
  },
  {
    meanIoU: 78.61,
    preset: 'deeplabv3plus.table2.stages2.os16',
    network: { ...one, 'decoder.stages': 2 },
  },
])

// Copies in circulation have 78.45 for output stride 8 with several scales, where Table 6 of DeepLabv3, of which the row is, has 79.45.
const plusEncoder = table('DeepLabv3+', 'Table 3, without the decoder', { train: 16, network: encoder }, [
  { meanIoU: 77.21, ...at16, billions: 81.02, preset: 'table6.os16' },
  { meanIoU: 78.51, ...at8, billions: 276.18, preset: 'table6.os8' },
  { meanIoU: 79.45, ...at8, ...MS, billions: 2435.37, preset: 'table6.os8.ms' },
  { meanIoU: 79.77, ...at8, ...FLIP, billions: 4870.59, preset: 'table6.os8.ms.flip' },
  {
    ...{ meanIoU: 75.43, train: 32, evaluate: 32, billions: 52.43 },
    preset: 'deeplabv3plus.table3.train32.encoder.os32',
  },
])
const plusStrategies = table(
  'DeepLabv3+',
  'Table 3, with the decoder',
  { train: 16, network: decoder(withDecoder) },
  [
    { meanIoU: 78.85, ...at16, billions: 101.28, preset: 'deeplabv3plus.table3.os16' },
    { meanIoU: 80.09, ...at16, ...MS, billions: 898.69, preset: 'deeplabv3plus.table3.os16.ms' },
    { meanIoU: 80.22, ...at16, ...FLIP, billions: 1797.23, preset: 'deeplabv3plus.table3.os16.ms.flip' },
    { meanIoU: 79.35, ...at8, billions: 297.92, preset: 'deeplabv3plus.table3.os8' },
    { meanIoU: 80.43, ...at8, ...MS, billions: 2623.61, preset: 'deeplabv3plus.table3.os8.ms' },
    { meanIoU: 80.57, ...at8, ...FLIP, billions: 5247.07, preset: 'deeplabv3plus.table3.os8.ms.flip' },
    {
      ...{ meanIoU: 77.37, train: 32, evaluate: 32, billions: 74.2 },
      preset: 'deeplabv3plus.table3.train32.os32',
    },
    { meanIoU: 77.8, train: 32, ...at16, billions: 101.28, preset: 'deeplabv3plus.table3.train32.os16' },
    { meanIoU: 77.92, train: 32, ...at8, billions: 297.92, preset: 'deeplabv3plus.table3.train32.os8' },
  ],
)

/** Rows of Table 5: evaluation, mIoU and multiply-adds by the endings of presets' names. */
const xceptionRows = (
  network: string,
  rows: [ending: string, meanIoU: number, billions: number, way: object][],
) =>
  rows.map(([ending, meanIoU, billions, way]) => ({
    ...{ meanIoU, billions, ...way },
    preset: `deeplabv3plus.table5.${network}.${ending}`,
  }))
const xception = { backbone: 'xception65', multiGrid: [1, 1, 1], 'aspp.rates': [6, 12, 18] }
const dense = { ...xception, 'aspp.separable': null }
const plusXception = table(
  'DeepLabv3+',
  'Table 5, without the decoder',
  { train: 16, network: { ...dense, decoder: null } },
  xceptionRows('encoder', [
    ['os16', 79.17, 68.0, at16],
    ['os16.ms', 80.57, 601.74, { ...at16, ...MS }],
    ['os16.ms.flip', 80.79, 1203.34, { ...at16, ...FLIP }],
    ['os8', 79.64, 240.85, at8],
    ['os8.ms', 81.15, 2149.91, { ...at8, ...MS }],
    ['os8.ms.flip', 81.34, 4299.68, { ...at8, ...FLIP }],
  ]),
)
const plusXceptionDecoder = table(
  'DeepLabv3+',
  'Table 5, with the decoder',
  { train: 16, network: { ...dense, 'decoder.separable': null } },
  xceptionRows('decoder', [
    ['os16', 79.93, 89.76, at16],
    ['os16.ms', 81.38, 790.12, { ...at16, ...MS }],
    ['os16.ms.flip', 81.44, 1580.1, { ...at16, ...FLIP }],
    ['os8', 80.22, 262.59, at8],
    ['os8.ms', 81.6, 2338.15, { ...at8, ...MS }],
    ['os8.ms.flip', 81.63, 4676.16, { ...at8, ...FLIP }],
  ]),
)
const plusSeparable = table(
  'DeepLabv3+',
  'Table 5, with separable convolutions',
  { train: 16, network: { ...xception, 'aspp.separable': 'both', 'decoder.separable': 'both' } },
  xceptionRows('separable', [
    ['os16', 79.79, 54.17, at16],
    ['os16.ms.flip', 81.21, 928.81, { ...at16, ...FLIP }],
    ['os8', 80.02, 177.1, at8],
    ['os8.ms.flip', 81.39, 3055.35, { ...at8, ...FLIP }],
    ['os16.coco', 82.2, 54.17, at16],
    ['os16.ms.flip.coco', 83.34, 928.81, { ...at16, ...FLIP }],
    ['os8.coco', 82.45, 177.1, at8],
    ['os8.ms.flip.coco', 83.58, 3055.35, { ...at8, ...FLIP }],
    ['os16.coco.jft', 83.03, 54.17, at16],
    ['os16.ms.flip.coco.jft', 84.22, 928.81, { ...at16, ...FLIP }],
    ['os8.coco.jft', 83.39, 177.1, at8],
    ['os8.ms.flip.coco.jft', 84.56, 3055.35, { ...at8, ...FLIP }],
  ]),
)

export const plusTables = [
  ...[plusChannels, plusDecoders, plusEncoder, plusStrategies],
  ...[plusXception, plusXceptionDecoder, plusSeparable],
]
