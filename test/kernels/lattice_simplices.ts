import { latticeScales, latticeSimplices } from '../../src/kernels/crf/lattice_build.ts'
import { toGpu } from '../support/activations.ts'
import { floats, words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeSimplicesRun(test: LatticeCase): KernelRun {
  const { name: label, width, height } = test
  const { image, lists } = latticeOf(test)
  return {
    kernel: latticeSimplices({ label, width, pixels: width * height, ...latticeScales(test, test) }),
    data: { image: toGpu(image) },
    expected: {
      simplices: words(() => lists().simplices),
      weights: floats(() => lists().weights, { rtol: 1e-6, atol: 1e-6 }),
    },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_simplices',
  cases: [
    ...LATTICE_CASES,
    LARGE_LATTICE,
    { name: '513×129', width: 513, height: 129, xy: 80, rgb: 13, bench: true },
  ],
  run: latticeSimplicesRun,
}
