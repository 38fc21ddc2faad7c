// Runs every row of the paper's tables at a sixteenth of its width. The passes must not change the results.

import { expect } from 'chai'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { type Preset, presets } from '../../src/model/presets.ts'
import { testGpu } from '../support/gpu.ts'
import { NO_PASSES, relativeError, runGraph } from '../support/run_graph.ts'
import { seededImage } from './seeded_weights.ts'

const SIZE = 33

function shrunkGraph({ config, inference }: Preset): ModelGraph {
  const narrow = 'width' in config ? { ...config, width: 1 / 16 } : { ...config, depthMultiplier: 0.1 }
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, SIZE, SIZE, 3])
  return builder.build([deepLab(builder, image, deepLabConfig(narrow), inference.outputStride)])
}

describe('presets, shrunk', () => {
  // Rows that differ only in the averaging of views have the same network.
  const networks = new Map(
    presets.map(preset => [JSON.stringify([preset.config, preset.inference.outputStride]), preset]),
  )
  for (const preset of networks.values()) {
    it(`${preset.name}: the same with and without passes`, async () => {
      const gpu = await testGpu()
      const graph = shrunkGraph(preset)
      const inputs = { image: seededImage(SIZE, SIZE) }
      const { name } = graph.outputs[0]
      const { [name]: plain } = await runGraph(gpu, graph, { inputs, passes: NO_PASSES })
      const { [name]: optimised } = await runGraph(gpu, graph, { inputs })
      expect(plain.some(value => value !== 0)).to.equal(true)
      expect(relativeError(optimised as Float32Array, plain)).to.be.below(3e-5)
    })
  }
})
