import { latticeFirsts, latticeSlots } from '../../src/kernels/crf/lattice_build.ts'
import { firstsOf, hashTable } from '../reference/lattice_lists.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeFirstsRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const corners = lists.corners.length
  return {
    kernel: latticeFirsts({ label: test.name, corners }),
    data: {
      simplices: Uint32Array.from(lists.simplices),
      table: hashTable(lists, latticeSlots(corners)),
    },
    expected: {
      firsts: words(() => firstsOf(lists)),
      flags: words(() => firstsOf(lists).map((first, corner) => Number(first === corner))),
    },
  }
}

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_firsts',
  cases: [...LATTICE_CASES, LARGE_LATTICE],
  run: latticeFirstsRun,
}
