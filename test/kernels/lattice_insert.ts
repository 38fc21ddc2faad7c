import { latticeInsert, latticeSlots } from '../../src/kernels/crf/lattice_build.ts'
import { hashTable } from '../reference/lattice_lists.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeInsertRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const corners = lists.corners.length
  const slots = latticeSlots(corners)
  return {
    kernel: latticeInsert({ label: test.name, corners }),
    data: { simplices: Uint32Array.from(lists.simplices), table: new Uint32Array(slots) },
    expected: { table: words(() => hashTable(lists, slots)) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_insert',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeInsertRun,
}
