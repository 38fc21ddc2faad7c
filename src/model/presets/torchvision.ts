// torchvision's own networks, which load its checkpoints: no multi-grid, trained at output stride 8.

import type { DeepLabOptions } from '../backbones/configs.ts'
import type { Row } from './row.ts'

const row = (name: string, backbone: 'resnet50' | 'resnet101', head: Partial<DeepLabOptions>): Row => ({
  name: `${name}_${backbone}`,
  options: {
    ...{ backbone, outputStride: 8, multiGrid: [1, 1, 1], firstUnitRate: 'previousBlock' },
    ...head,
  } as DeepLabOptions,
})

export const torchvisionRows: Row[] = [
  row('deeplabv3', 'resnet50', { headConvolution: true }),
  row('deeplabv3', 'resnet101', { headConvolution: true }),
  row('fcn', 'resnet50', { aspp: null, fcn: true } as Partial<DeepLabOptions>),
  row('fcn', 'resnet101', { aspp: null, fcn: true } as Partial<DeepLabOptions>),
]
