import { latticeVertices } from '../../src/kernels/crf/lattice_build.ts'
import { firstsOf, numbersOf } from '../reference/lattice_lists.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeVerticesRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const { vertices, heads } = lists
  const corners = vertices.length
  return {
    kernel: latticeVertices({ label: test.name, corners, vertices: heads.length }),
    data: { firsts: firstsOf(lists), numbers: numbersOf(lists) },
    expected: { vertices: words(() => vertices), heads: words(() => heads) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_vertices',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeVerticesRun,
}
