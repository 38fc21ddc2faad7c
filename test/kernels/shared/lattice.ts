// The cases of the kernels of a lattice: images whose pixels share vertices, and lattices of which each pixel has its own.

import { latticeScales } from '../../../src/kernels/crf/lattice_build.ts'
import type { Colours } from '../../reference/dense_crf.ts'
import { blotches, type LatticeLists, latticeLists } from '../../reference/lattice_lists.ts'
import type { KernelCase } from '../../support/kernel_suite.ts'

export interface LatticeCase extends KernelCase {
  width: number
  height: number
  xy: number
  rgb: number
}

export const LATTICE_CASES: LatticeCase[] = [
  { name: 'one pixel', width: 1, height: 1, xy: 80, rgb: 13 },
  { name: 'one row', width: 23, height: 1, xy: 3, rgb: 13 },
  { name: 'one column', width: 1, height: 19, xy: 3, rgb: 13 },
  { name: 'few pixels', width: 4, height: 3, xy: 3, rgb: 60, answer: true },
  { name: 'many pixels at a vertex', width: 17, height: 13, xy: 80, rgb: 200 },
  { name: 'few pixels at a vertex', width: 19, height: 11, xy: 2, rgb: 3 },
  { name: 'deviations so small that no pixels share a vertex', width: 7, height: 5, xy: 1e-9, rgb: 1e-9 },
  { name: 'deviations so large that all pixels have one place', width: 9, height: 8, xy: 1e6, rgb: 1e6 },
]

/** A case as large as a photo, for kernels whose reference is fast. */
export const LARGE_LATTICE: LatticeCase = {
  ...{ name: 'many vertices', width: 61, height: 47, xy: 6, rgb: 5 },
}

/** The image of a case, and the lattice that the reference makes of it, when it is asked for. */
export function latticeOf(test: LatticeCase): { image: Colours; lists: () => LatticeLists } {
  const image = blotches(test.width, test.height, 1)
  const { unit, scales } = latticeScales(test, test)
  let lists: LatticeLists | undefined
  return {
    image,
    lists: () => {
      lists ??= latticeLists(
        image,
        scales.map(scale => (6 * scale) / unit),
      )
      return lists
    },
  }
}
