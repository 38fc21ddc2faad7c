import { latticeNormalise } from '../../src/kernels/crf/lattice_filter.ts'
import { sliced } from '../reference/lattice_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeNormaliseRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const { weights, vertices, heads } = lists
  const pixels = weights.length / 6
  const values = randomValues((heads.length + 1) * 4, 1).map(value => value + 1.5)
  const reference = () => {
    const sums = sliced(lists, values, 4)
    return Float64Array.from(
      weights,
      (weight, corner) => weight / Math.sqrt(sums[Math.floor(corner / 6) * 4]),
    )
  }
  return {
    kernel: latticeNormalise({ label: test.name, pixels, vertices: heads.length }),
    data: { values: Float32Array.from(values), vertices, weights },
    expected: { weights: floats(reference, { rtol: 1e-5 }) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_normalise',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeNormaliseRun,
}
