import { padding } from '../../reference/window.ts'
import type { Conv2dCase } from './conv2d_cases.ts'

/** What a layer is unless it says otherwise: a 3×3 with its batch norm folded into a bias, and ReLU. */
const layer = {
  kernel: [3, 3],
  stride: 1,
  dilation: 1,
  padding: padding(1),
  bias: 'channel',
  residual: false,
  activation: 'relu',
  seed: 1,
  bench: true,
} as const
const pointwise = { ...layer, kernel: [1, 1], padding: padding(0) } as const
const heavyLayer = { ...layer, spotCheck: true } as const
const heavyPointwise = { ...pointwise, spotCheck: true } as const

/** Real layers at real sizes or on a crop, small enough for plain loops. */
const lightLayers: Conv2dCase[] = [
  {
    ...layer,
    name: 'resnet50.conv1 7×7/2 on 65×65',
    input: [1, 65, 65, 3],
    outChannels: 64,
    kernel: [7, 7],
    stride: 2,
    padding: padding(3),
  },
  { ...layer, name: 'resnet50.layer1.conv2 on 17×17', input: [1, 17, 17, 64], outChannels: 64 },
  {
    ...pointwise,
    name: 'resnet50.layer1.conv3 with its shortcut, on 17×17',
    input: [1, 17, 17, 64],
    outChannels: 256,
    residual: true,
  },
  {
    ...layer,
    name: 'resnet50.layer2.0.conv2 3×3/2 on 17×17',
    input: [1, 17, 17, 128],
    outChannels: 128,
    stride: 2,
  },
  {
    ...pointwise,
    name: 'resnet50.layer2.0.downsample 1×1/2 on 33×33',
    input: [1, 33, 33, 256],
    outChannels: 512,
    stride: 2,
    activation: 'none',
  },
  {
    ...layer,
    name: 'resnet50.layer4 3×3 dilation 4 on 5×5',
    input: [1, 5, 5, 512],
    outChannels: 512,
    dilation: 4,
    padding: padding(4),
  },
  {
    ...pointwise,
    name: 'aspp.pool 2048 → 256 on one pixel, batch 3',
    input: [3, 1, 1, 2048],
    outChannels: 256,
  },
  {
    ...pointwise,
    name: 'aspp.project 1024 → 256 with a bias per image, on 9×9',
    input: [2, 9, 9, 1024],
    outChannels: 256,
    bias: 'image',
  },
  {
    ...pointwise,
    name: 'classifier 256 → 21 on 33×33',
    input: [1, 33, 33, 256],
    outChannels: 21,
    activation: 'none',
  },
  {
    ...layer,
    name: 'mobilenet_v2.conv1 3×3/2 SAME on 65×65',
    input: [1, 65, 65, 3],
    outChannels: 32,
    stride: 2,
    padding: 'same',
    activation: 'relu6',
  },
  {
    ...pointwise,
    name: 'mobilenet_v2.expand 24 → 144 on 33×33',
    input: [1, 33, 33, 24],
    outChannels: 144,
    activation: 'relu6',
  },
  {
    ...pointwise,
    name: 'mobilenet_v2.project 144 → 24 with its shortcut, on 33×33',
    input: [1, 33, 33, 144],
    outChannels: 24,
    residual: true,
    activation: 'none',
  },
  {
    ...pointwise,
    name: 'mobilenet_v2.expand 160 → 960 on 9×9',
    input: [1, 9, 9, 160],
    outChannels: 960,
    activation: 'relu6',
  },
  {
    ...pointwise,
    name: 'mobilenet_v2.project 960 → 320 on 9×9',
    input: [1, 9, 9, 960],
    outChannels: 320,
    activation: 'none',
  },
]

/** The layers of a 513×513 image that cost most, at their exact shapes. */
const heavyLayers: Conv2dCase[] = [
  {
    ...heavyLayer,
    name: 'resnet50.conv1 7×7/2 on 513×513',
    input: [1, 513, 513, 3],
    outChannels: 64,
    kernel: [7, 7],
    stride: 2,
    padding: padding(3),
  },
  {
    ...heavyPointwise,
    name: 'resnet50.layer1.conv3 with its shortcut',
    input: [1, 129, 129, 64],
    outChannels: 256,
    residual: true,
  },
  { ...heavyLayer, name: 'resnet50.layer1.conv2', input: [1, 129, 129, 64], outChannels: 64 },
  {
    ...heavyLayer,
    name: 'resnet50.layer2.0.conv2 3×3/2',
    input: [1, 129, 129, 128],
    outChannels: 128,
    stride: 2,
  },
  { ...heavyPointwise, name: 'resnet50.layer3.conv1 1024 → 256', input: [1, 33, 33, 1024], outChannels: 256 },
  { ...heavyLayer, name: 'resnet50.layer3.conv2', input: [1, 33, 33, 256], outChannels: 256 },
  {
    ...heavyLayer,
    name: 'resnet50.layer3.conv2 dilation 2, output stride 8',
    input: [1, 65, 65, 256],
    outChannels: 256,
    dilation: 2,
    padding: padding(2),
  },
  {
    ...heavyLayer,
    name: 'resnet50.layer4.conv2 dilation 4 on 17×17',
    input: [1, 17, 17, 512],
    outChannels: 512,
    dilation: 4,
    padding: padding(4),
  },
  {
    ...heavyLayer,
    name: 'resnet50.layer4.conv2 dilation 8',
    input: [1, 33, 33, 512],
    outChannels: 512,
    dilation: 8,
    padding: padding(8),
  },
  {
    ...heavyLayer,
    name: 'aspp rate 6',
    input: [1, 33, 33, 2048],
    outChannels: 256,
    dilation: 6,
    padding: padding(6),
  },
  {
    ...heavyLayer,
    name: 'aspp rate 12',
    input: [1, 33, 33, 2048],
    outChannels: 256,
    dilation: 12,
    padding: padding(12),
  },
  {
    ...heavyLayer,
    name: 'aspp rate 18',
    input: [1, 33, 33, 2048],
    outChannels: 256,
    dilation: 18,
    padding: padding(18),
  },
  {
    ...heavyLayer,
    name: 'aspp rate 24 on 33×17',
    input: [1, 33, 17, 2048],
    outChannels: 256,
    dilation: 24,
    padding: padding(24),
  },
  {
    ...heavyLayer,
    name: 'aspp rate 36 on 17×17: only the centre tap',
    input: [1, 17, 17, 2048],
    outChannels: 256,
    dilation: 36,
    padding: padding(36),
  },
  {
    ...heavyPointwise,
    name: 'aspp.project 1024 → 256 with a bias per image',
    input: [1, 33, 33, 1024],
    outChannels: 256,
    bias: 'image',
  },
  {
    ...heavyPointwise,
    name: 'mobilenet_v2.project 960 → 320 on 33×33',
    input: [1, 33, 33, 960],
    outChannels: 320,
    activation: 'none',
  },
]

/** The layers of ResNet-50, ASPP and MobileNetV2; those that plain loops cannot afford are spot checks. */
export const layers: Conv2dCase[] = [...lightLayers, ...heavyLayers]
