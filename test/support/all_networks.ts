// Tests build networks without waiting for their code to be loaded.

import { loadNetwork } from '../../src/model/backbones/builders.ts'
import { backboneNames } from '../../src/model/backbones/index.ts'

for (const backbone of backboneNames) await loadNetwork({ backbone })
