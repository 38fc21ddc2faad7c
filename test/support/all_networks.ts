// Tests build networks, and plan them for any device, without waiting for code to be loaded.

import { loadKernels } from '../../src/graph/convolution/device_kernels.ts'
import { backboneNames, loadNetwork } from '../../src/model/backbones/index.ts'

for (const backbone of backboneNames) await loadNetwork({ backbone })
await loadKernels({ subgroupSize: 8, info: { vendor: 'amd' } as GPUAdapterInfo })
