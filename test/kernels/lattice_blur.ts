import { latticeBlur } from '../../src/kernels/crf/lattice_filter.ts'
import { blurred } from '../reference/lattice_filter.ts'
import { neighboursAlong } from '../reference/lattice_lists.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

const AXIS = 2
const VECTORS = 3

function latticeBlurRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const vertices = lists.heads.length
  const neighbours = neighboursAlong(lists, AXIS)
  const values = randomValues((vertices + 1) * VECTORS * 4, 1)
  values.fill(0, vertices * VECTORS * 4)
  return {
    kernel: latticeBlur({ label: test.name, vertices, vectors: VECTORS }),
    data: { values: Float32Array.from(values), neighbours },
    expected: { blurred: floats(() => blurred(values, neighbours, VECTORS * 4), { rtol: 1e-6 }) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_blur',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeBlurRun,
}
