// The tables of DeepLabv3 (Chen et al. 2017).

import { at8, at16, type Cells, type Fields, FLIP, MS, table } from './row.ts'

const cascade = (backbone: string) => ({ backbone, aspp: null, decoder: null, multiGrid: [1, 1, 1] })
const v3Strides = table(
  'DeepLabv3',
  'Table 1',
  { train: 8, network: { ...cascade('resnet50'), lastBlock: 7 } },
  [
    { meanIoU: 75.18, train: 8, preset: 'table1.os8' },
    { meanIoU: 73.88, train: 16, preset: 'table1.os16' },
    { meanIoU: 70.06, train: 32, preset: 'table1.os32' },
    { meanIoU: 59.99, train: 64, preset: 'table1.os64' },
    { meanIoU: 42.34, train: 128, preset: 'table1.os128' },
    { meanIoU: 20.29, train: 256, preset: 'table1.os256' },
  ],
)

/** A row for each of block4 to block7. */
const blocks = (name: string, network: Fields, meanIoUs: number[]): Cells[] =>
  meanIoUs.map((meanIoU, i) => ({
    meanIoU,
    preset: `${name}.block${4 + i}.os16`,
    network: { ...network, lastBlock: 4 + i },
  }))
const v3Depths = table('DeepLabv3', 'Table 2', { train: 16, network: {} }, [
  ...blocks('table2.resnet50', cascade('resnet50'), [64.81, 72.14, 74.29, 73.88]),
  ...blocks('table2.resnet101', cascade('resnet101'), [68.39, 73.21, 75.34, 75.76]),
])
const v3Grids = table('DeepLabv3', 'Table 3', { train: 16, network: cascade('resnet101') }, [
  ...blocks('table3.mg111', { multiGrid: [1, 1, 1] }, [68.39, 73.21, 75.34, 75.76]),
  ...blocks('table3.mg121', { multiGrid: [1, 2, 1] }, [70.23, 75.67, 76.09, 76.66]),
  ...blocks('table3.mg123', { multiGrid: [1, 2, 3] }, [73.14, 75.78, 75.96, 76.11]),
  ...blocks('table3.mg124', { multiGrid: [1, 2, 4] }, [73.45, 75.74, 75.85, 76.02]),
  ...blocks('table3.mg222', { multiGrid: [2, 2, 2] }, [71.45, 74.3, 74.7, 74.62]),
])
const v3Cascade = table(
  'DeepLabv3',
  'Table 4',
  { train: 16, network: { ...cascade('resnet101'), lastBlock: 7, multiGrid: [1, 2, 1] } },
  [
    { meanIoU: 76.66, ...at16, preset: 'table4.os16' },
    { meanIoU: 78.05, ...at8, preset: 'table4.os8' },
    { meanIoU: 78.93, ...at8, ...MS, preset: 'table4.os8.ms' },
    { meanIoU: 79.35, ...at8, ...FLIP, preset: 'table4.os8.ms.flip' },
  ],
)

const pyramid = (multiGrid: number[], rates: number[], imagePooling: boolean) => ({
  multiGrid,
  ...{ 'aspp.rates': rates, 'aspp.imagePooling': imagePooling },
})
const pooled = pyramid([1, 2, 4], [6, 12, 18], true)
/** The network of Table 6. */
export const encoder = {
  ...{ backbone: 'resnet101', lastBlock: 4, 'aspp.separable': null, decoder: null },
  ...pooled,
}
const v3Pyramids = table('DeepLabv3', 'Table 5', { train: 16, network: encoder }, [
  {
    meanIoU: 75.36,
    preset: 'table5.mg111.aspp6-12-18.os16',
    network: pyramid([1, 1, 1], [6, 12, 18], false),
  },
  {
    meanIoU: 75.93,
    preset: 'table5.mg121.aspp6-12-18.os16',
    network: pyramid([1, 2, 1], [6, 12, 18], false),
  },
  {
    meanIoU: 76.58,
    preset: 'table5.mg124.aspp6-12-18.os16',
    network: pyramid([1, 2, 4], [6, 12, 18], false),
  },
  {
    meanIoU: 76.46,
    preset: 'table5.mg124.aspp6-12-18-24.os16',
    network: pyramid([1, 2, 4], [6, 12, 18, 24], false),
  },
  { meanIoU: 77.21, preset: 'table5.mg124.aspp6-12-18.pool.os16' },
])
const v3Strategies = table('DeepLabv3', 'Table 6 and section 4.3', { train: 16, network: encoder }, [
  { meanIoU: 77.21, ...at16, preset: 'table6.os16' },
  { meanIoU: 78.51, ...at8, preset: 'table6.os8' },
  { meanIoU: 79.45, ...at8, ...MS, preset: 'table6.os8.ms' },
  { meanIoU: 79.77, ...at8, ...FLIP, preset: 'table6.os8.ms.flip' },
  { meanIoU: 82.7, ...at8, ...FLIP, preset: 'table6.os8.ms.flip.coco' },
])

const recipe = (option: string) => `the network of table6.os16 trained by another recipe (${option})`
const v3Recipes = table('DeepLabv3', 'Tables 8 and 9', { train: 16, network: encoder }, [
  { meanIoU: 67.22, without: recipe('crops of 321') },
  { meanIoU: 75.95, without: recipe('batch norm frozen') },
  { meanIoU: 76.01, without: recipe('labels of the size of the logits') },
  { meanIoU: 64.43, without: recipe('batches of 4') },
  { meanIoU: 75.76, without: recipe('batches of 8') },
  { meanIoU: 76.49, without: recipe('batches of 12') },
  { meanIoU: 77.21, preset: 'table6.os16' },
])
const v3Trained = table('DeepLabv3', 'Table 10', { train: 16, network: encoder }, [
  { meanIoU: 74.45, train: 8, ...at16, preset: 'table10.train8.os16' },
  { meanIoU: 75.62, train: 8, ...at8, preset: 'table10.train8.os8' },
  { meanIoU: 77.21, ...at16, preset: 'table6.os16' },
  { meanIoU: 78.51, ...at8, preset: 'table6.os8' },
  { meanIoU: 75.9, train: 32, ...at16, preset: 'table10.train32.os16' },
  { meanIoU: 75.75, train: 32, ...at8, preset: 'table10.train32.os8' },
])

export const v3Tables = [
  ...[v3Strides, v3Depths, v3Grids, v3Cascade],
  ...[v3Pyramids, v3Strategies, v3Recipes, v3Trained],
]
