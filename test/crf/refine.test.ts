// The whole CRF against a mean field in float64: over all pairs of pixels, and by a lattice of its own.

import { expect } from 'chai'
import { type CrfParameters, type CrfPreset, crfPresets } from '../../src/crf/crf_parameters.ts'
import { type CrfJob, refine } from '../../src/crf/refine.ts'
import { UserError } from '../../src/errors.ts'
import { latticeScales } from '../../src/kernels/crf/lattice_build.ts'
import type { Array4 } from '../reference/array4.ts'
import { bilateralPairs, meanField, spatialPairs } from '../reference/dense_crf.ts'
import { latticeFilter } from '../reference/permutohedral.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { submitsDuring } from '../support/submit_budget.ts'
import { withLimits } from '../support/with_limits.ts'
import { type Scene, sceneJob, sceneOf } from './scene.ts'

type Result = Required<Awaited<ReturnType<typeof refine>>>

type Bilateral = Required<CrfJob>['bilateral']

const ALL: Required<CrfParameters> = crfPresets.default

async function refined(scene: ReturnType<typeof sceneOf>, job: Partial<CrfJob>): Promise<Result> {
  const gpu = await testGpu()
  const { liveBytes } = gpu.memory
  const made = await sceneJob(gpu, scene)
  const options = { parameters: ALL, withMarginals: true, ...job }
  try {
    return (await refine(gpu, { ...made, ...options })) as Result
  } finally {
    gpu.release(made.scores.buffer)
    expect(gpu.memory.liveBytes, 'bytes of buffers that remain').to.equal(liveBytes)
  }
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

interface Trial extends Scene {
  presets: CrfPreset[]
}

const ALL_PRESETS = Object.keys(crfPresets) as CrfPreset[]

/** Photos with the noise of a camera. */
const trials: Trial[] = [
  { width: 32, height: 24, classes: 3, seed: 1, presets: ALL_PRESETS },
  { width: 37, height: 29, classes: 5, seed: 3, presets: ALL_PRESETS },
  { width: 48, height: 48, classes: 21, seed: 2, presets: ['default'] },
]

/** A photo whose noise is far larger than the deviation of colours. Few pixels are near others, and a lattice loses what is between them. */
const noisy: Trial = { width: 37, height: 29, classes: 5, seed: 3, noise: 25, presets: ['v2'] }

const nameOf = ({ width, height, classes }: Scene, preset: CrfPreset) =>
  `${width}×${height}, ${classes} classes, ${preset}${classes > 20 ? ' (slow)' : ''}`

describe('the fully connected CRF', () => {
  for (const trial of trials)
    for (const preset of trial.presets) {
      const name = nameOf(trial, preset)
      const parameters = crfPresets[preset]
      const scene = sceneOf(trial)

      it(`over all pairs equals float64, and by a lattice gives the same mask: ${name}`, async () => {
        const reference = expected(scene, parameters, 'pairs')
        const before = { data: scene.probabilities.data, shape: scene.probabilities.shape }
        const pairs = await refined(scene, { parameters, bilateral: 'pairs' })
        expect(worstOf(pairs.marginals, reference)).to.be.below(1e-4)
        expect(agreementOf(pairs.mask, reference)).to.be.above(0.999)
        expect(agreementOf(pairs.mask, before), 'what the CRF changes').to.be.below(0.97)
        const lattice = await refined(scene, { parameters, bilateral: 'lattice' })
        expect(agreementOf(lattice.mask, reference)).to.be.at.least(0.995)
      })

      it(`by a lattice equals a lattice in float64: ${name}`, async () => {
        const reference = expected(scene, parameters, 'lattice')
        const { marginals, mask } = await refined(scene, { parameters, bilateral: 'lattice' })
        expect(worstOf(marginals, reference)).to.be.below(1e-4)
        expect(agreementOf(mask, reference)).to.be.above(0.999)
      })
    }

  it('by a lattice loses some of the mask where noise is far above the deviation of colours', async () => {
    const scene = sceneOf(noisy)
    const parameters = crfPresets.v2
    const { mask, marginals } = await refined(scene, { parameters, bilateral: 'lattice' })
    expect(worstOf(marginals, expected(scene, parameters, 'lattice'))).to.be.below(1e-4)
    expect(agreementOf(mask, expected(scene, parameters, 'pairs'))).to.be.within(0.95, 0.995)
  })

  for (const bilateral of ['pairs', 'lattice'] as const) {
    describe(`by ${bilateral}`, () => {
      const sizes = [
        [1, 1],
        [1, 23],
        [31, 1],
        [2, 3],
        [19, 13],
      ]
      for (const [width, height] of sizes)
        it(`equals float64 at ${width}×${height}`, async () => {
          const scene = sceneOf({ width, height, classes: 3, seed: 5 })
          const { marginals } = await refined(scene, { bilateral })
          expect(worstOf(marginals, expected(scene, ALL, bilateral))).to.be.below(1e-4)
        })

      it('equals float64 for a photo of one colour, and one class', async () => {
        const scene = sceneOf({ width: 21, height: 17, classes: 4, seed: 6 })
        scene.colours.data.fill(90)
        const { marginals } = await refined(scene, { bilateral })
        expect(worstOf(marginals, expected(scene, ALL, bilateral))).to.be.below(1e-4)
        const single = sceneOf({ width: 9, height: 7, classes: 1, seed: 6 })
        const { mask, marginals: ones } = await refined(single, { bilateral })
        expect([...mask]).to.deep.equal(new Array(63).fill(0))
        expect(worstOf(ones, { ...single.probabilities, data: new Float64Array(63).fill(1) })).to.be.below(
          1e-6,
        )
      })

      it('takes deviations that are absurdly small, with which each pixel is alone, and very large ones', async () => {
        const scene = sceneOf({ width: 15, height: 11, classes: 3, seed: 7 })
        for (const deviation of [1e-30, 1e6]) {
          const parameters = { ...ALL, posXy: deviation, biXy: deviation, biRgb: deviation }
          const { marginals } = await refined(scene, { bilateral, parameters })
          expect(worstOf(marginals, expected(scene, parameters, bilateral)), `${deviation}`).to.be.below(1e-4)
        }
      })

      it('gives the same bits again', async () => {
        const scene = sceneOf({ width: 63, height: 51, classes: 7, seed: 8 })
        const [first, second] = [await refined(scene, { bilateral }), await refined(scene, { bilateral })]
        expect(second).to.deep.equal(first)
        expect(new Set(first.mask).size).to.be.above(1)
      })

      it('without the bilateral kernel, or without any, equals float64', async () => {
        const scene = sceneOf({ width: 15, height: 11, classes: 3, seed: 9 })
        for (const weights of [{ biW: 0 }, { posW: 0 }, { posW: 0, biW: 0 }]) {
          const parameters = { ...ALL, ...weights }
          const { marginals } = await refined(scene, { bilateral, parameters })
          expect(worstOf(marginals, expected(scene, parameters, bilateral))).to.be.below(1e-4)
        }
      })
    })
  }

  it('chooses all pairs for small photos, and a lattice for others', async () => {
    const parameters = crfPresets.v1
    for (const [width, chosen] of [
      [4096, 'pairs'],
      [4097, 'lattice'],
    ] as const) {
      const scene = sceneOf({ width, height: 1, classes: 2, seed: 10 })
      const [own, forced] = [
        await refined(scene, { parameters }),
        await refined(scene, { parameters, bilateral: chosen }),
      ]
      expect(own.marginals, chosen).to.deep.equal(forced.marginals)
    }
  })

  it('filters as many classes at once as fit, with the same bits', async () => {
    const gpu = await testGpu()
    const scene = sceneOf({ width: 61, height: 47, classes: 21, seed: 11, noise: 60 })
    const parameters = { ...crfPresets.v2, iterations: 2 }
    const whole = await refined(scene, { parameters, bilateral: 'lattice' })
    const parts = await withLimits(gpu, { maxStorageBufferBindingSize: 2 ** 19 }, () =>
      refined(scene, { parameters, bilateral: 'lattice' }),
    )
    expect(parts).to.deep.equal(whole)
  })

  it('says what the GPU cannot bind, ends on a signal, and leaves no buffer', async () => {
    const gpu = await testGpu()
    const scene = sceneOf({ width: 61, height: 47, classes: 21, seed: 11 })
    const error = await withLimits(gpu, { maxStorageBufferBindingSize: 2 ** 16 }, () =>
      rejects(UserError, () => refined(scene, {})),
    )
    expect(error.message).to.equal(
      "crf: probabilities takes 0.3 MiB, and this GPU binds 0.1 MiB at once: take a smaller photo, or the network's size",
    )
    const signal = AbortSignal.abort(new Error('enough'))
    expect((await rejects(Error, () => refined(scene, { signal }))).message).to.equal('enough')
  })

  it('ends on a signal during its iterations', async () => {
    const gpu = await testGpu()
    const scene = sceneOf({ width: 61, height: 47, classes: 21, seed: 11 })
    const end = new AbortController()
    const parameters = { ...ALL, iterations: 1000 }
    const submits = await submitsDuring(gpu, async () => {
      setTimeout(() => end.abort(new Error('enough')), 100)
      const error = await rejects(Error, () => refined(scene, { parameters, signal: end.signal }))
      expect(error.message).to.equal('enough')
    })
    expect(submits).to.be.below(900)
  })
})
