// Tuning in tests: it compiles its candidates, and some of them take lavapipe seconds where no shader cache has them.

import { ShaderError } from '../../src/gpu/errors.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { PipelineCache } from '../../src/gpu/pipelines.ts'

const MAX_ACCUMULATORS = 4

/** Pixels × vectors of a lane: those that `conv2d_subgroup` takes without tuning, and small ones. */
const SUBGROUP_TILES = ['3×4', '4×2', '2×2', '1×4']

/** Of the large tiles, and of those in workgroup memory, none is chosen on CPU adapters without tuning. */
function isSlowToCompile(kernel: Kernel): boolean {
  const { LANE_PIXELS: pixels = 1, LANE_VECTORS: vectors = 1 } = kernel.constants ?? {}
  const shader = kernel.shader.name
  if (shader === 'conv2d_subgroup') return !SUBGROUP_TILES.includes(`${pixels}×${vectors}`)
  return shader === 'conv2d_tiled' || (shader === 'conv2d' && pixels * vectors > MAX_ACCUMULATORS)
}

/** In a `describe`: every GPU refuses the candidates that are slow to compile. */
export function useFewCandidates(): void {
  const { get } = PipelineCache.prototype
  before(() => {
    PipelineCache.prototype.get = function (kernel) {
      if (isSlowToCompile(kernel)) return Promise.reject(new ShaderError(`refused: ${kernel.label}`))
      return get.call(this, kernel)
    }
  })
  after(() => {
    PipelineCache.prototype.get = get
  })
}
