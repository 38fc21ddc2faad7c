import { latticeFirsts, latticeSlots } from '../../src/kernels/lattice_build.ts'
import { hashTable } from '../reference/lattice_lists.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeFirstsRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const corners = lists.corners.length
  const { table, slots } = hashTable(lists, latticeSlots(corners))
  const isFirst = (corner: number) => Number(lists.heads[lists.vertices[corner]] === corner)
  return {
    kernel: latticeFirsts({ label: test.name, corners }),
    data: { table, slots },
    expected: { firsts: words(() => Uint32Array.from({ length: corners }, (_, corner) => isFirst(corner))) },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_firsts',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeFirstsRun,
}
