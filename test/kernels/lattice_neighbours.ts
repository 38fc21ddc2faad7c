import { latticeNeighbours, latticeSlots } from '../../src/kernels/crf/lattice_build.ts'
import { hashTable, neighboursAlong } from '../reference/lattice_lists.ts'
import { words } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

interface Case extends LatticeCase {
  axis: number
}

const few = LATTICE_CASES.find(({ name }) => name === 'few pixels')!
const cases: Case[] = [
  ...LATTICE_CASES.map((test, i) => ({ ...test, axis: i % 6 })),
  ...[0, 1, 2, 3, 4, 5].map(axis => ({ ...LARGE_LATTICE, name: `axis ${axis} of many vertices`, axis })),
  ...[4, 5].map(axis => ({ ...few, name: `axis ${axis} of few pixels`, axis })),
]

function latticeNeighboursRun(test: Case): KernelRun {
  const lists = latticeOf(test).lists()
  const { vertices, heads, simplices } = lists
  const corners = vertices.length
  const table = hashTable(lists, latticeSlots(corners))
  const { axis } = test
  return {
    kernel: latticeNeighbours({ label: test.name, corners, vertices: heads.length, axis }),
    data: { simplices: Uint32Array.from(simplices), table, vertices, heads },
    expected: { neighbours: words(() => neighboursAlong(lists, axis)) },
  }
}

export const suite: KernelSuite<Case> = { shader: 'lattice_neighbours', cases, run: latticeNeighboursRun }
