// A permutohedral lattice over an image (Adams, Baek and Davis 2010), built on the GPU. Its filter approximates the bilateral Gaussian
// with work that grows with the number of pixels, and not with its square. All lists are sorted by pixel, and every sum is a gather in
// that order: WGSL has no atomic sums of floats, and their results would depend on who comes first.

import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import type { BilateralDeviations } from '../kernels/crf/bilateral_pairs.ts'
import {
  LATTICE_AXES,
  latticeFirsts,
  latticeInsert,
  latticeNeighbours,
  latticeScales,
  latticeSimplices,
  latticeSlots,
  latticeVertices,
} from '../kernels/crf/lattice_build.ts'
import { latticeBlur, latticeNormalise, latticeSlice, latticeSplat } from '../kernels/crf/lattice_filter.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { prefixSum, prefixSumAdd, prefixSumBlocks } from '../kernels/sorting/prefix_sum.ts'
import {
  listStarts,
  radixCount,
  radixCounts,
  radixPasses,
  radixScatter,
} from '../kernels/sorting/radix_sort.ts'
import { type CrfBuffers, launch, runLaunches } from './crf_buffers.ts'
import type { CrfImage, Filter } from './filter.ts'

/** The most bytes of a lattice's values at one time: the filter takes as many vectors of classes at once as fit. */
const VALUES_BYTES = 2 ** 26

interface Lattice {
  pixels: number
  vertices: number
  /** The vertex of each corner: of the six of each pixel. */
  cornerVertices: Range
  /** The corners' weights, normalised. */
  weights: Range
  /** The corners sorted by vertex, and where those of each vertex start. */
  corners: Range
  starts: Range
  /** For each axis. */
  neighbours: Range[]
}

/** The bilateral filter by a lattice. Throws a UserError if the GPU has no room, and the signal's reason. */
export async function latticeFilter(
  buffers: CrfBuffers,
  image: CrfImage,
  { signal, ...deviations }: BilateralDeviations & { signal?: AbortSignal },
): Promise<Filter> {
  const lattice = await buildLattice(buffers, image, deviations, signal)
  const { pixels, vertices } = lattice
  return async (input, message, { vectors: pitch, scale }) => {
    const row = (vertices + 1) * VECTOR_BYTES
    const atOnce = Math.max(1, Math.min(pitch, Math.floor(mostValues(buffers.gpu) / row)))
    const values = await buffers.zeros('lattice', row * atOnce)
    const other = await buffers.zeros('lattice', row * atOnce)
    const launches: Launch[] = []
    for (let first = 0; first < pitch; first += atOnce) {
      const vectors = Math.min(atOnce, pitch - first)
      const part = { pixels, vertices, vectors, first, pitch }
      launches.push(
        ...throughLattice(lattice, { input, values, other, part }),
        launch(latticeSlice({ label: 'crf slice', ...part, scale }), {
          values,
          vertices: lattice.cornerVertices,
          weights: lattice.weights,
          message,
        }),
      )
    }
    return launches
  }
}

const mostValues = ({ limits }: Gpu) => Math.min(VALUES_BYTES, limits.maxStorageBufferBindingSize)

interface LatticePart {
  pixels: number
  vertices: number
  vectors: number
  first: number
  pitch: number
}

/** Splat, and blur along each axis: the result is in `values`, because the number of axes is even. */
function throughLattice(
  { weights, corners, starts, neighbours }: Pick<Lattice, 'weights' | 'corners' | 'starts' | 'neighbours'>,
  { input, values, other, part }: { input: Range; values: Range; other: Range; part: LatticePart },
): Launch[] {
  const { vertices, vectors } = part
  const blur = latticeBlur({ label: 'crf blur', vertices, vectors })
  return [
    launch(latticeSplat({ label: 'crf splat', ...part }), { input, weights, corners, starts, values }),
    ...neighbours.map((along, axis) =>
      launch(blur, {
        values: axis % 2 === 0 ? values : other,
        blurred: axis % 2 === 0 ? other : values,
        neighbours: along,
      }),
    ),
  ]
}

async function buildLattice(
  buffers: CrfBuffers,
  image: CrfImage,
  deviations: BilateralDeviations,
  signal: AbortSignal | undefined,
): Promise<Lattice> {
  const found = await findVertices(buffers, image, deviations, signal)
  const { corners: count, vertices, table, simplices, firsts, numbers, weights } = found
  const options = { corners: count, vertices }
  const cornerVertices = await buffers.zeros('corners', count * 4)
  const heads = await buffers.zeros('vertices', vertices * 4)
  const neighbours = await buffers.several(LATTICE_AXES, 'neighbours', vertices * 8)
  await runLaunches(
    buffers.gpu,
    [
      launch(latticeVertices({ label: 'crf vertices', ...options }), {
        firsts,
        numbers,
        vertices: cornerVertices,
        heads,
      }),
      ...neighbours.map((range, axis) =>
        launch(latticeNeighbours({ label: 'crf neighbours', ...options, axis }), {
          simplices,
          table,
          vertices: cornerVertices,
          heads,
          neighbours: range,
        }),
      ),
    ],
    { signal },
  )
  buffers.release(simplices, table, firsts, numbers, heads)
  const { corners, starts } = await sortCorners(buffers, { count, vertices, cornerVertices, signal })
  const lattice = { pixels: image.pixels, vertices, cornerVertices, weights, corners, starts, neighbours }
  await normalise(buffers, lattice, signal)
  return lattice
}

/** The pixels' simplices, their vertices in a hash table, and how many vertices there are. */
async function findVertices(
  buffers: CrfBuffers,
  { range, width, height, pixels }: CrfImage,
  deviations: BilateralDeviations,
  signal: AbortSignal | undefined,
) {
  const corners = pixels * LATTICE_AXES
  const simplices = await buffers.zeros('simplices', corners * 4)
  const weights = await buffers.zeros('weights', corners * 4)
  const table = await buffers.zeros('table', latticeSlots(corners) * 4)
  const firsts = await buffers.zeros('firsts', corners * 4)
  const flags = await buffers.zeros('flags', corners * 4)
  const { sums: numbers, total, ranges, launches } = await sumsBefore(buffers, flags, corners)
  const place = { width, pixels, ...latticeScales({ width, height }, deviations) }
  await runLaunches(
    buffers.gpu,
    [
      launch(latticeSimplices({ label: 'crf simplices', ...place }), { image: range, simplices, weights }),
      launch(latticeInsert({ label: 'crf table', corners }), { simplices, table }),
      launch(latticeFirsts({ label: 'crf firsts', corners }), { simplices, table, firsts, flags }),
      ...launches,
    ],
    { signal },
  )
  // The sizes of the other buffers depend on it. It is the only number of the lattice that the CPU reads.
  const [vertices] = new Uint32Array((await buffers.gpu.download(total.buffer, 4)).buffer)
  buffers.release(flags, ...ranges.filter(range => range !== numbers))
  return { corners, vertices, simplices, weights, table, firsts, numbers }
}

/** The corners in the order of their vertices, those of one vertex in their own order. */
async function sortCorners(
  buffers: CrfBuffers,
  options: { count: number; vertices: number; cornerVertices: Range; signal?: AbortSignal },
): Promise<{ corners: Range; starts: Range }> {
  const { count, vertices, cornerVertices, signal } = options
  const starts = await buffers.zeros('starts', (vertices + 2) * 4)
  const counts = await buffers.zeros('counts', radixCounts(count) * 4)
  const { sums: places, ranges, launches: sums } = await sumsBefore(buffers, counts, radixCounts(count))
  const lists = await buffers.several(4, 'sorted', count * 4)
  let [keys, items, sortedKeys, sortedItems] = [cornerVertices, lists[1], lists[2], lists[3]]
  const launches: Launch[] = []
  for (let digit = 0; digit < radixPasses(vertices); digit++) {
    const pass = { label: 'crf sort', count, digit }
    launches.push(
      launch(radixCount(pass), { keys, counts }),
      ...sums,
      launch(radixScatter({ ...pass, numbersItems: digit === 0 }), {
        keys,
        items,
        places,
        sorted_keys: sortedKeys,
        sorted_items: sortedItems,
      }),
    )
    const spare = digit === 0 ? lists[0] : keys
    ;[keys, items, sortedKeys, sortedItems] = [sortedKeys, sortedItems, spare, items]
  }
  launches.push(launch(listStarts({ label: 'crf starts', count, keys: vertices }), { sorted: keys, starts }))
  await runLaunches(buffers.gpu, launches, { signal })
  buffers.release(counts, ...ranges, ...lists.filter(list => list !== items))
  return { corners: items, starts }
}

/** Makes the filter symmetrically normalised: multiplies the weights by D^-1/2, where D is the filter of a one at every pixel. */
async function normalise(
  buffers: CrfBuffers,
  lattice: Lattice,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { pixels, vertices, cornerVertices, weights } = lattice
  const one = await buffers.filled('one', new Float32Array(4).fill(1))
  const values = await buffers.zeros('lattice', (vertices + 1) * VECTOR_BYTES)
  const other = await buffers.zeros('lattice', (vertices + 1) * VECTOR_BYTES)
  const part = { pixels, vertices, vectors: 1, first: 0, pitch: 0 }
  await runLaunches(
    buffers.gpu,
    [
      ...throughLattice(lattice, { input: one, values, other, part }),
      launch(latticeNormalise({ label: 'crf normalise', pixels, vertices }), {
        values,
        vertices: cornerVertices,
        weights,
      }),
    ],
    { signal },
  )
  buffers.release(one, values, other)
}

/** The sums of the values before each value of a list of any length. */
interface Sums {
  launches: Launch[]
  sums: Range
  /** One number: the sum of all values. */
  total: Range
  /** Every buffer of the above, and those between. */
  ranges: Range[]
}

/** The sum of all values before each value. Sums of blocks are added up in the same way, until there is one block. */
async function sumsBefore(buffers: CrfBuffers, values: Range, count: number): Promise<Sums> {
  const blocks = prefixSumBlocks(count)
  const sums = await buffers.zeros('sums', count * 4)
  const totals = await buffers.zeros('totals', blocks * 4)
  const first = launch(prefixSum({ label: 'crf sums', count }), { values, sums, totals })
  if (blocks === 1) return { launches: [first], sums, total: totals, ranges: [sums, totals] }
  const ofBlocks = await sumsBefore(buffers, totals, blocks)
  const add = launch(prefixSumAdd({ label: 'crf sums of blocks', count }), { before: ofBlocks.sums, sums })
  return {
    launches: [first, ...ofBlocks.launches, add],
    sums,
    total: ofBlocks.total,
    ranges: [sums, totals, ...ofBlocks.ranges],
  }
}
