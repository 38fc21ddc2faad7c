import { latticeSlice } from '../../src/kernels/crf/lattice_filter.ts'
import { sliced } from '../reference/lattice_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

/** Two of a pixel's three vectors: the others keep what is in them. */
const PART = { vectors: 2, first: 1, pitch: 3 }
const SCALE = 2.5

function latticeSliceRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const { weights, vertices, heads } = lists
  const pixels = weights.length / 6
  const channels = PART.vectors * 4
  const values = randomValues((heads.length + 1) * channels, 1)
  const before = randomValues(pixels * PART.pitch * 4, 2)
  const reference = () => {
    const added = sliced(lists, values, channels)
    return before.map((value, i) => {
      const [pixel, channel] = [Math.floor(i / (PART.pitch * 4)), (i % (PART.pitch * 4)) - PART.first * 4]
      return value + (channel >= 0 && channel < channels ? SCALE * added[pixel * channels + channel] : 0)
    })
  }
  return {
    kernel: latticeSlice({ label: test.name, pixels, vertices: heads.length, ...PART, scale: SCALE }),
    data: { values: Float32Array.from(values), vertices, weights, message: Float32Array.from(before) },
    expected: { message: floats(reference, { rtol: 1e-5 }) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_slice',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeSliceRun,
}
