import { expect } from 'chai'
import { latticeInsert, latticeSlots } from '../../src/kernels/lattice_build.ts'
import { firstSlot, hashTable, type LatticeLists } from '../reference/lattice_lists.ts'
import type { Expected } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

function latticeInsertRun(test: LatticeCase): KernelRun {
  const lists = latticeOf(test).lists()
  const corners = lists.corners.length
  return {
    kernel: latticeInsert({ label: test.name, corners }),
    data: {
      simplices: Uint32Array.from(lists.simplices),
      table: new Uint32Array(latticeSlots(corners)),
    },
    expected: expectedTable(lists, latticeSlots(corners)),
  }
}

/** Slots depend on who comes first. That each vertex has one that a search finds, and its first corner in it, does not. */
function expectedTable(lists: LatticeLists, size: number): Record<'table' | 'slots', Expected> {
  const { corners, vertices, heads } = lists
  let table: Uint32Array
  const known = () => {
    const found = hashTable(lists, size)
    if (found.collisions > 0) throw new Error('two vertices want one slot, and either may get it')
    return found
  }
  const bytesOf = (words: Uint32Array) => ({ values: new Uint8Array(words.slice().buffer) })
  return {
    table: {
      check: actual => {
        table = new Uint32Array(actual.buffer)
        const held = [...table].filter(word => word !== 0).map(word => ~word >>> 0)
        expect(held.sort((a, b) => a - b)).to.deep.equal([...heads])
      },
      answer: () => bytesOf(known().table),
    },
    slots: {
      check: actual => {
        new Uint32Array(actual.buffer).forEach((slot, corner) => {
          expect(~table[slot] >>> 0, `corner ${corner}`).to.equal(heads[vertices[corner]])
          let searched = firstSlot(corners[corner].vertex, size)
          for (; searched !== slot; searched = (searched + 1) % size)
            expect(table[searched], `corner ${corner}: an empty slot ends the search`).to.not.equal(0)
        })
      },
      answer: () => bytesOf(known().slots),
    },
  }
}

const cases: LatticeCase[] = [
  ...[...LATTICE_CASES, LARGE_LATTICE].map(test => ({ ...test, answer: false })),
  { name: 'no two vertices that want one slot', width: 5, height: 4, xy: 80, rgb: 200, answer: true },
]

export const suite: KernelSuite<LatticeCase> = { shader: 'lattice_insert', cases, run: latticeInsertRun }
