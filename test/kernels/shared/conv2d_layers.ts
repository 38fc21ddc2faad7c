// Convolutions of real networks: of ResNet-50, ASPP and MobileNetV2.

import { keepingSize } from '../../reference/window.ts'
import type { Conv2dCase } from './conv2d_cases.ts'

type Fields = Partial<Omit<Conv2dCase, 'name' | 'input' | 'outChannels'>>

/** A 3×3 with its batch norm folded into a bias, and ReLU, that keeps the size of its map, unless it says otherwise. */
export function layer(
  name: string,
  input: Conv2dCase['input'],
  outChannels: number,
  fields: Fields = {},
): Conv2dCase {
  const { kernel = [3, 3] as const, dilation = 1 } = fields
  const shape = { name, input, outChannels, kernel, dilation, stride: 1 }
  const ends = { bias: 'channel', residual: false, activation: 'relu' } as const
  const padding = keepingSize(kernel, dilation)
  return { ...shape, padding, ...ends, seed: 1, bench: true, ...fields }
}

export const pointwise: typeof layer = (name, input, outChannels, fields) =>
  layer(name, input, outChannels, { kernel: [1, 1], ...fields })

const NONE = { activation: 'none' } as const
const RELU6 = { activation: 'relu6' } as const

/** Real layers at real sizes or on a crop, small enough for plain loops. */
const lightLayers: Conv2dCase[] = [
  layer('resnet50.conv1 7×7/2 on 65×65', [1, 65, 65, 3], 64, { kernel: [7, 7], stride: 2 }),
  layer('resnet50.layer1.conv2 on 17×17', [1, 17, 17, 64], 64),
  pointwise('resnet50.layer1.conv3 with its shortcut, on 17×17', [1, 17, 17, 64], 256, { residual: true }),
  layer('resnet50.layer2.0.conv2 3×3/2 on 17×17', [1, 17, 17, 128], 128, { stride: 2 }),
  pointwise('resnet50.layer2.0.downsample 1×1/2 on 33×33', [1, 33, 33, 256], 512, { stride: 2, ...NONE }),
  layer('resnet50.layer4 3×3 dilation 4 on 5×5', [1, 5, 5, 512], 512, { dilation: 4 }),
  pointwise('aspp.pool 2048 → 256 on one pixel, batch 3', [3, 1, 1, 2048], 256),
  pointwise('aspp.project 1024 → 256 with a bias per image, on 9×9', [2, 9, 9, 1024], 256, { bias: 'image' }),
  pointwise('classifier 256 → 21 on 33×33', [1, 33, 33, 256], 21, NONE),
  layer('mobilenet_v2.conv1 3×3/2 SAME on 65×65', [1, 65, 65, 3], 32, {
    stride: 2,
    padding: 'same',
    ...RELU6,
  }),
  pointwise('mobilenet_v2.expand 24 → 144 on 33×33', [1, 33, 33, 24], 144, RELU6),
  pointwise('mobilenet_v2.project 144 → 24 with its shortcut, on 33×33', [1, 33, 33, 144], 24, {
    residual: true,
    ...NONE,
  }),
  pointwise('mobilenet_v2.expand 160 → 960 on 9×9', [1, 9, 9, 160], 960, RELU6),
  pointwise('mobilenet_v2.project 960 → 320 on 9×9', [1, 9, 9, 960], 320, NONE),
]

/** The layers of a 513×513 image that cost most, at their exact shapes. */
const heavyLayers: Conv2dCase[] = [
  layer('resnet50.conv1 7×7/2 on 513×513', [1, 513, 513, 3], 64, { kernel: [7, 7], stride: 2 }),
  pointwise('resnet50.layer1.conv3 with its shortcut', [1, 129, 129, 64], 256, { residual: true }),
  layer('resnet50.layer1.conv2', [1, 129, 129, 64], 64),
  layer('resnet50.layer2.0.conv2 3×3/2', [1, 129, 129, 128], 128, { stride: 2 }),
  pointwise('resnet50.layer3.conv1 1024 → 256', [1, 33, 33, 1024], 256),
  layer('resnet50.layer3.conv2', [1, 33, 33, 256], 256),
  layer('resnet50.layer3.conv2 dilation 2, output stride 8', [1, 65, 65, 256], 256, { dilation: 2 }),
  layer('resnet50.layer4.conv2 dilation 4 on 17×17', [1, 17, 17, 512], 512, { dilation: 4 }),
  layer('resnet50.layer4.conv2 dilation 8', [1, 33, 33, 512], 512, { dilation: 8 }),
  layer('aspp rate 6', [1, 33, 33, 2048], 256, { dilation: 6 }),
  layer('aspp rate 12', [1, 33, 33, 2048], 256, { dilation: 12 }),
  layer('aspp rate 18', [1, 33, 33, 2048], 256, { dilation: 18 }),
  layer('aspp rate 24 on 33×17', [1, 33, 17, 2048], 256, { dilation: 24 }),
  layer('aspp rate 36 on 17×17: only the centre tap', [1, 17, 17, 2048], 256, { dilation: 36 }),
  pointwise('aspp.project 1024 → 256 with a bias per image', [1, 33, 33, 1024], 256, { bias: 'image' }),
  pointwise('mobilenet_v2.project 960 → 320 on 33×33', [1, 33, 33, 960], 320, NONE),
]

/** Those that plain loops cannot afford are spot checks. */
export const layers: Conv2dCase[] = [
  ...lightLayers,
  ...heavyLayers.map(test => ({ ...test, spotCheck: true })),
]
