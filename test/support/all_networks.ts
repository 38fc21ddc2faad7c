// Tests build networks without waiting for their code to be loaded.

import { backboneNames, loadNetwork } from '../../src/model/backbones/index.ts'

for (const backbone of backboneNames) await loadNetwork({ backbone })
