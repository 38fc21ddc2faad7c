// The kernels that build a permutohedral lattice over an image: its vertices, where each pixel is among them, and their neighbours.

import type { Kernel, Shader } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES } from '../layout.ts'
import { type BilateralDeviations, LEAST_DEVIATION } from './bilateral_pairs.ts'

/** The vertices of a simplex, and the axes of the lattice: one more than a pixel's dimensions. */
export const LATTICE_AXES = 6

/** A kernel with one invocation for each of `count` elements. */
const kernelOver = (shader: Shader, count: number) => ({ shader, workgroups: workgroupsFor(shader, count) })

/** Places of pixels in fixed point. */
interface LatticeScales {
  /** The number that stands for 6, the distance of a vertex to the next along an axis. */
  unit: number
  /** One pixel or one step of a colour, in the same unit: column, row, red, green, blue. */
  scales: readonly number[]
}

/** Sums of places stay below this, so that they fit into i32. */
const MAX_PLACE = 2 ** 29

/** With as many fractional bits as places in an image of this size allow. */
export function latticeScales(
  size: { width: number; height: number },
  { xy, rgb }: BilateralDeviations,
): LatticeScales {
  const deviations = [xy, xy, rgb, rgb, rgb].map(deviation => Math.max(deviation, LEAST_DEVIATION))
  // The factors of Adams, Baek and Davis: the filter's blur then has the variance 1 in each dimension.
  const factors = deviations.map(
    (deviation, i) => (LATTICE_AXES * Math.sqrt(2 / 3)) / (deviation * Math.sqrt((i + 1) * (i + 2))),
  )
  const largest = [size.width - 1, size.height - 1, 255, 255, 255]
  const reach = factors.reduce((sum, factor, i) => sum + (i + 1) * factor * largest[i], 0)
  const fraction = 2 ** Math.floor(Math.log2(MAX_PLACE / Math.max(LATTICE_AXES, reach)))
  return { unit: LATTICE_AXES * fraction, scales: factors.map(factor => Math.round(factor * fraction)) }
}

interface LatticeSimplicesOptions extends LatticeScales {
  label: string
  width: number
  pixels: number
}

/** The simplex of each pixel of an image, and the pixel's barycentric weights in it. */
export function latticeSimplices(options: LatticeSimplicesOptions): Kernel {
  const { label, width, pixels, unit, scales } = options
  const [scale_x, scale_y, scale_r, scale_g, scale_b] = scales
  return {
    label,
    ...kernelOver(shaders.lattice_simplices, pixels),
    params: { width, pixels, unit, scale_x, scale_y, scale_r, scale_g, scale_b },
    inputs: { image: pixels * VECTOR_BYTES },
    outputs: { simplices: pixels * LATTICE_AXES * 4, weights: pixels * LATTICE_AXES * 4 },
  }
}

/** Slots of a hash table for the vertices of so many corners: a power of two, at least a fifth of which stays empty. */
export const latticeSlots = (corners: number): number => 2 ** Math.ceil(Math.log2(corners * 1.25))

/** The hash table of the vertices of `corners` corners, six for each pixel. */
export function latticeInsert({ label, corners }: { label: string; corners: number }): Kernel {
  const slots = latticeSlots(corners)
  return {
    label,
    ...kernelOver(shaders.lattice_insert, corners),
    params: { corners, most: slots - 1 },
    inputs: { simplices: corners * 4 },
    outputs: { table: slots * 4 },
  }
}

/** The first corner at each corner's vertex, and a one for each corner that is the first itself. */
export function latticeFirsts({ label, corners }: { label: string; corners: number }): Kernel {
  const slots = latticeSlots(corners)
  return {
    label,
    ...kernelOver(shaders.lattice_firsts, corners),
    params: { corners, most: slots - 1 },
    inputs: { simplices: corners * 4, table: slots * 4 },
    outputs: { firsts: corners * 4, flags: corners * 4 },
  }
}

interface LatticeVerticesOptions {
  label: string
  corners: number
  /** The number of vertices of the lattice. */
  vertices: number
}

/** The number of each corner's vertex, and the first corner of each vertex. */
export function latticeVertices({ label, corners, vertices }: LatticeVerticesOptions): Kernel {
  return {
    label,
    ...kernelOver(shaders.lattice_vertices, corners),
    params: { corners },
    inputs: { firsts: corners * 4, numbers: corners * 4 },
    outputs: { vertices: corners * 4, heads: vertices * 4 },
  }
}

/** The two neighbours of each vertex along an axis, 0 … 5. */
export function latticeNeighbours(options: LatticeVerticesOptions & { axis: number }): Kernel {
  const { label, corners, vertices, axis } = options
  const slots = latticeSlots(corners)
  return {
    label,
    ...kernelOver(shaders.lattice_neighbours, vertices),
    params: { axis, vertices, most: slots - 1 },
    inputs: { simplices: corners * 4, table: slots * 4, vertices: corners * 4, heads: vertices * 4 },
    outputs: { neighbours: vertices * 8 },
  }
}
