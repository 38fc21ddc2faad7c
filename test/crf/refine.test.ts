// The whole CRF against a mean field in float64: over all pairs of pixels, and by a lattice of its own.

import { expect } from 'chai'
import { type CrfParameters, crfPresets } from '../../src/crf/crf_parameters.ts'
import { type CrfJob, type CrfResult, refine } from '../../src/crf/refine.ts'
import { latticeScales } from '../../src/kernels/lattice_build.ts'
import type { Array4 } from '../reference/array4.ts'
import { bilateralPairs, meanField, spatialPairs } from '../reference/dense_crf.ts'
import { latticeFilter } from '../reference/permutohedral.ts'
import { testGpu } from '../support/gpu.ts'
import { type Scene, sceneJob, sceneOf } from './scene.ts'

type Bilateral = Required<CrfJob>['bilateral']

const ALL: Required<CrfParameters> = crfPresets.default

async function refined(
  scene: ReturnType<typeof sceneOf>,
  job: Partial<CrfJob>,
): Promise<Required<CrfResult>> {
  const gpu = await testGpu()
  const { liveBytes } = gpu.memory
  const made = await sceneJob(gpu, scene)
  const options = { parameters: ALL, withMarginals: true, ...job }
  const found = await refine(gpu, { ...made, ...options }).finally(() => gpu.release(made.scores.buffer))
  expect(gpu.memory.liveBytes, 'no buffer remains').to.equal(liveBytes)
  return found as Required<CrfResult>
}

/** The marginals in float64, by either filter. */
function expected(
  { colours, probabilities }: ReturnType<typeof sceneOf>,
  parameters: Required<CrfParameters>,
  bilateral: Bilateral,
): Array4 {
  const [, height, width] = colours.shape
  const { posXy, biXy, biRgb } = parameters
  const deviations = { xy: biXy, rgb: biRgb }
  const { unit, scales } = latticeScales({ width, height }, deviations)
  const places = scales.map(scale => (6 * scale) / unit)
  return meanField(
    probabilities,
    {
      spatial: spatialPairs(colours, posXy),
      bilateral: bilateral === 'pairs' ? bilateralPairs(colours, deviations) : latticeFilter(colours, places),
    },
    parameters,
  )
}

const worstOf = (actual: Float32Array, { data }: Array4) =>
  actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - data[i]) || 0), 0)

function agreementOf(mask: Uint8Array, { data, shape }: Array4): number {
  const channels = shape[3]
  const same = mask.filter((id, pixel) => {
    const row = data.subarray(pixel * channels, (pixel + 1) * channels)
    return row[id] === Math.max(...row)
  })
  return same.length / mask.length
}

const scenes: Scene[] = [
  { width: 32, height: 24, classes: 3, seed: 1 },
  { width: 48, height: 48, classes: 21, seed: 2 },
  { width: 37, height: 29, classes: 5, seed: 3, noise: 25 },
]

describe('the fully connected CRF', () => {
  for (const scene of scenes) {
    const { width, height, classes } = scene
    const size = `${width}×${height}, ${classes} classes`
    for (const [name, parameters] of Object.entries(crfPresets)) {
      it(`over all pairs equals float64: ${size}, ${name}`, async () => {
        const made = sceneOf(scene)
        const reference = expected(made, parameters, 'pairs')
        const { marginals, mask } = await refined(made, { parameters, bilateral: 'pairs' })
        expect(worstOf(marginals, reference)).to.be.below(1e-4)
        expect(agreementOf(mask, reference)).to.be.above(0.999)
      })

      it(`by a lattice equals a lattice in float64: ${size}, ${name}`, async () => {
        const made = sceneOf(scene)
        const reference = expected(made, parameters, 'lattice')
        const { marginals, mask } = await refined(made, { parameters, bilateral: 'lattice' })
        expect(worstOf(marginals, reference)).to.be.below(1e-4)
        expect(agreementOf(mask, reference)).to.be.above(0.999)
      })

      it(`by a lattice gives the mask of all pairs: ${size}, ${name}`, async () => {
        const made = sceneOf(scene)
        const reference = expected(made, parameters, 'pairs')
        const { mask, marginals } = await refined(made, { parameters, bilateral: 'lattice' })
        console.log(size, name, agreementOf(mask, reference), worstOf(marginals, reference))
        expect(agreementOf(mask, reference)).to.be.at.least(0.995)
      })
    }
  }
})
