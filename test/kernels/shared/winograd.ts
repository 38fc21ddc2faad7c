// What the suites of the kernels of Winograd's convolution share.

import { vectors } from '../../../src/kernels/layout.ts'
import { type WinogradStepOptions, winogradTiles } from '../../../src/kernels/winograd/winograd.ts'
import { padding, paddingOf } from '../../reference/window.ts'
import { matrices, type Outputs, tilesOf } from '../../reference/winograd.ts'
import { type Expected, floats, type Tolerance } from '../../support/expected.ts'
import { byRow, byVector } from '../../support/winograd_layout.ts'
import { conv2dOf } from '../conv2d.ts'
import { type Conv2dCase, plain, rowsOf } from './conv2d_cases.ts'

export interface WinogradCase extends Conv2dCase {
  outputs: Outputs
  /** The tiles to work on, where not all. */
  range?: { first: number; count: number }
}

type Map = Omit<WinogradCase, 'outputs'>

const row = rowsOf<Map>(plain)
const tiled = rowsOf<WinogradCase>({ ...plain, outputs: 4 })

/** For tiles of 3 and of 4. */
const anyMaps: Map[] = [
  row('odd map'),
  row('one pixel, one channel', { input: [1, 1, 1, 1], outChannels: 1 }),
  row('one row, batch 3', { input: [3, 1, 7, 5], outChannels: 3 }),
  row('batch 3, 5 → 21 channels', { input: [3, 9, 8, 5], outChannels: 21 }),
  row('40 → 68 channels: more than a workgroup has', { input: [1, 7, 9, 40], outChannels: 68 }),
  row('rate 2', { dilation: 2 }),
  row('rate 4: some phases longer than others', { input: [1, 17, 9, 5], dilation: 4 }),
  row('rate beyond the map', { input: [2, 5, 7, 3], dilation: 9 }),
  row('no padding', { padding: padding(0), bias: 'none' }),
  row('four different paddings, rate 3', { dilation: 3, padding: { top: 0, bottom: 5, left: 3, right: 1 } }),
  row('residual, relu', { input: [2, 9, 7, 5], residual: true, activation: 'relu' }),
  row('residual in place, relu', { input: [2, 9, 7, 5], residual: 'in place', activation: 'relu' }),
  row('bias per image, relu6', { input: [3, 6, 7, 5], bias: 'image', activation: 'relu6' }),
  row('some of the tiles, over the end of an image', {
    input: [2, 11, 13, 5],
    range: { first: 5, count: 11 },
  }),
]

/** For tiles of 2: phases at most 2 long. */
const shortPhases: Map[] = [
  row('one pixel', { input: [1, 1, 1, 3] }),
  row('phases of 2 and of 1', { input: [1, 17, 13, 3], dilation: 11 }),
  row('phases of 2', { input: [3, 12, 12, 5], outChannels: 21, dilation: 6 }),
  row('rate beyond the map', { input: [2, 5, 7, 3], dilation: 9 }),
  row('residual, relu', { input: [2, 6, 4, 5], dilation: 3, residual: true, activation: 'relu' }),
  row('bias per image, some of the tiles', {
    input: [2, 9, 9, 5],
    dilation: 5,
    bias: 'image',
    range: { first: 20, count: 13 },
  }),
]

/** For `atrous doctor`: one for each size of tiles. */
const small: WinogradCase[] = [
  tiled('rate 2, residual, relu6, tiles of 4', {
    input: [1, 6, 5, 3],
    outChannels: 4,
    dilation: 2,
    residual: true,
    activation: 'relu6',
    answer: true,
  }),
  tiled('bias per image, residual in place, relu, some of the tiles, tiles of 3', {
    input: [2, 5, 4, 3],
    outChannels: 5,
    bias: 'image',
    residual: 'in place',
    activation: 'relu',
    outputs: 3,
    range: { first: 1, count: 6 },
    answer: true,
  }),
  tiled('no bias, rate 2, 9 → 5 channels, batch 3, tiles of 2', {
    input: [3, 4, 3, 9],
    dilation: 2,
    bias: 'none',
    outputs: 2,
    answer: true,
  }),
]

const layer = { bench: true, activation: 'relu', range: { first: 0, count: 96 } } as const
const layers: WinogradCase[] = [
  tiled('resnet50.layer3.conv2 rate 2', { input: [1, 65, 65, 256], outChannels: 256, dilation: 2, ...layer }),
  tiled('aspp rate 12', { input: [1, 65, 65, 512], outChannels: 64, dilation: 12, outputs: 3, ...layer }),
  tiled('aspp rate 36', { input: [1, 65, 65, 512], outChannels: 64, dilation: 36, outputs: 2, ...layer }),
]

const sized = (maps: Map[], outputs: Outputs): WinogradCase[] =>
  maps.map(map => ({ ...map, name: `${map.name}, tiles of ${outputs}`, outputs }))

export const cases: WinogradCase[] = [
  ...sized(anyMaps, 4),
  ...sized(anyMaps, 3),
  ...sized(shortPhases, 2),
  ...small,
  ...layers,
]

/** The same, where tiles of this size are enough for `atrous doctor`. */
export const casesWithAnswer = (outputs: Outputs): WinogradCase[] =>
  cases.map(test => ({ ...test, answer: test.answer && test.outputs === outputs }))

export function winogradOptions(test: WinogradCase): WinogradStepOptions {
  const options = { ...test, label: test.name, padding: paddingOf(test) }
  return { ...options, range: test.range ?? { first: 0, count: winogradTiles(options).total } }
}

/** The convolution, and those of its tiles that the case works on. */
export function winogradOperands(test: WinogradCase) {
  const conv = conv2dOf(test)
  const all = tilesOf(conv, test.outputs)
  const { first, count } = test.range ?? { first: 0, count: all.length }
  return { conv, tiles: all.slice(first, first + count) }
}

/** The sizes of a product of matrices at each point. */
export function winogradSizes(test: WinogradCase) {
  const { count } = winogradOptions(test).range
  const points = matrices[test.outputs].input.length ** 2
  return { points, tiles: count, inChannels: test.input[3], outChannels: test.outChannels }
}

/** How much larger than its inputs a transform down and along can be. Rounding errors grow as much. */
export const gainOf = (matrix: number[][]): number =>
  Math.max(...matrix.map(row => row.reduce((sum, value) => sum + Math.abs(value), 0))) ** 2

type AtPoints = Tolerance & { points: number; rows: number; channels: number }

/** How kernels lay what they leave for each other: for CPU adapters by vector, for hardware GPUs by row. */
export type Layout = 'by vector' | 'by row'

/** Values [points, rows, channels] in a layout. */
export const laid = (
  dense: Float64Array,
  sizes: Pick<AtPoints, 'points' | 'rows' | 'channels'>,
  layout: Layout,
): Float32Array => Float32Array.from(layout === 'by row' ? byRow(dense, sizes) : byVector(dense, sizes))

/** What a kernel has to leave of values [points, rows, channels]. */
export function atPoints(
  reference: () => Float64Array,
  { points, rows, channels, ...tolerance }: AtPoints,
  layout: Layout = 'by vector',
): Expected {
  const width = vectors(channels)
  const shape =
    layout === 'by row' ? ([points, rows, width, 4] as const) : ([points, width, rows, 4] as const)
  return floats(() => laid(reference(), { points, rows, channels }, layout), { shape, ...tolerance })
}
