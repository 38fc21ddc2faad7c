// What the text of a shader does not say of its loops, because it depends on the lane or the workgroup: the average over all of them.
// The names are those of source_loops.ts. A loop that is neither here nor in the text is called unknown in the tables.

import { regionOutputs, regions, regionTaps, stretches } from '../../src/kernels/convolution/tap_regions.ts'

interface Numbers {
  params: Record<string, number>
  /** Of the shader's text, with the kernel's values. */
  constants: ReadonlyMap<string, number>
}

type Averages = (params: Record<string, number>, constants: Record<string, number>) => Record<string, number>

/** Without those for which the shader no longer has the numbers. */
export function averagesOf(shader: string, { params, constants }: Numbers): Record<string, number> {
  const found = shaders[shader]?.(params, Object.fromEntries(constants)) ?? {}
  return Object.fromEntries(Object.entries(found).filter(([, value]) => Number.isFinite(value)))
}

/** Source pixels along an axis under the filter of a target pixel. */
const filtered = (from: number, to: number) => (from === to ? 1 : 2 * Math.max(1, from / to))

const shaders: Record<string, Averages> = {
  conv2d_tiled(p, { LANES_Y, LANE_PIXELS, LANE_VECTORS, STEP_VECTORS }) {
    const walks = regionWalks(p, LANES_Y * LANE_PIXELS)
    // A turn more would only load, and one would only multiply.
    const s = (walks.taps * Math.ceil(p.in_vectors / STEP_VECTORS)) / p.splits
    return { loop: walks.regions, s, p: LANE_PIXELS, vector: LANE_VECTORS, r: LANES_Y }
  },
  conv2d_rows: (p, { STEP_VECTORS }) => ({ step: Math.ceil(p.sum_vectors / STEP_VECTORS) / p.splits }),
  winograd_multiply_rows: (p, { STEP_VECTORS }) => ({ step: Math.ceil(p.in_vectors / STEP_VECTORS) }),
  winograd_multiply_tiled: (p, { STEP_VECTORS }) => ({ step: Math.ceil(p.in_vectors / STEP_VECTORS) }),
  winograd_output: (_, { OUTPUTS }) => ({ while: OUTPUTS ** 2 }),
  preprocess: (p, { LANE_ROWS }) => ({
    row_y: LANE_ROWS,
    source_y: filtered(p.in_h, p.out_h),
    source_x: filtered(p.in_w, p.out_w),
  }),
  resize: (_, { LANE_ROWS }) => ({ row: LANE_ROWS }),
  // Only the first of SHARES lanes adds up; its wave waits.
  global_average_pool: (p, { SHARES }) => ({ share: Math.min(SHARES, p.pixels) - 1 }),
  conv2d_backward_weight_tiled(p, { STEP_PIXELS, TURN_PIXELS, LANE_ROWS, LANE_COLUMNS, ROWS_ARE_TAPS }) {
    const pixels = ROWS_ARE_TAPS ? p.out_h * p.out_w : reaching(p, 'h') * reaching(p, 'w')
    // A turn more only loads, and one only multiplies.
    const step = (p.batch * pixels) / p.splits / STEP_PIXELS + 1
    return { step, turn: STEP_PIXELS / TURN_PIXELS, r: LANE_ROWS, out_vector: LANE_COLUMNS }
  },
  conv2d_backward_input_tiled(p, { STEP_VECTORS, TURN_VECTORS, LANE_VECTORS }) {
    const taps = (p.k_h * p.k_w) / (p.dilation === 1 ? p.stride : 1) ** 2
    const step = taps * Math.ceil(p.out_vectors / STEP_VECTORS) + 1
    return { while: 1, step, turn: STEP_VECTORS / TURN_VECTORS, vector: LANE_VECTORS }
  },
  depthwise_conv2d_backward_input: (p, { TAPS_H }) => ({ newest: p.strip_rows + TAPS_H - 1 }),
  depthwise_conv2d_backward_weight: p => ({ place: p.share }),
  fold_batch_norm: p => ({ c: 4, i: p.run }),
  adamw: (_, { LANE_PARAMETERS }) => ({ i: LANE_PARAMETERS }),
  average_parameters: (_, { LANE_PARAMETERS }) => ({ i: LANE_PARAMETERS }),
  sgd: (_, { LANE_PARAMETERS }) => ({ i: LANE_PARAMETERS }),
  winograd_weight: () => ({ c: 4 }),
  batch_norm_statistics: p => ({ pixel: p.tile }),
  batch_norm_backward_reduce: p => ({ pixel: p.tile }),
  bias_gradient: p => ({ pixel: Math.ceil(p.pixels / p.splits) }),
  max_pool_backward: p => ({ y: p.k_h / p.stride, x: p.k_w / p.stride }),
  softmax_cross_entropy: (_, { WORKGROUP_PIXELS }) => ({ pixel: WORKGROUP_PIXELS / 64 }),
  softmax_cross_entropy_backward: p => ({ x: targets(p.unit_x, p.step_x, p.out_w) }),
  class_areas: (p, { LANES }) => ({ pixel: p.pixels / LANES }),
  dice_sums: (_, { TILE_PIXELS, LANES }) => ({ pixel: TILE_PIXELS / LANES }),
  dice_terms: (p, { LANES }) => ({ tile: Math.ceil(p.tiles / LANES) }),
  overlap_backward: p => ({ x: targets(p.unit_x, p.step_x, p.out_w) }),
  lovasz_gradient: (_, { TILE, LANES }) => ({ rank: TILE / LANES }),
  lovasz_gather: p => ({ x: targets(p.unit_x, p.step_x, p.out_w) }),
  radix_count: (_, { RUN }) => ({ i: RUN }),
  radix_scatter: (_, { RUN }) => ({ i: RUN }),
  prefix_sum: (_, { RUN }) => ({ i: RUN }),
  resize_backward: (p, { RESULT_LANES }) => ({
    y: targets(p.unit_y, p.step_y, p.out_h) / RESULT_LANES,
    x: targets(p.unit_x, p.step_x, p.out_w),
  }),
  // A lane's pixels are in one cell of the logits' grid, or in several.
  upsample_argmax: (p, { LANE_PIXELS }) => ({ while: 1 + ((LANE_PIXELS - 1) * p.step_x) / p.unit_x }),
}

/** Target pixels along an axis that take a part of a source pixel. */
const targets = (unit: number, step: number, size: number) =>
  step === 0 ? size : Math.min(size, (2 * unit) / step)

/** Outputs along an axis whose tap `k` is inside the map, on average over the taps. */
function reaching(p: Record<string, number>, axis: 'h' | 'w'): number {
  const [taps, pad] = axis === 'h' ? [p.k_h, p.pad_top] : [p.k_w, p.pad_left]
  const counts = Array.from({ length: taps }, (_, k) => {
    const offset = k * p.dilation
    const upTo = (edge: number) => Math.ceil((Math.max(edge, offset) - offset) / p.stride)
    return Math.max(0, Math.min(upTo(p[`in_${axis}`] + pad), p[`out_${axis}`]) - upTo(pad))
  })
  return counts.reduce((a, b) => a + b, 0) / taps
}

/** How many taps the sum of an average workgroup has, and how many regions it walks past. */
function regionWalks(p: Record<string, number>, tilePixels: number): { taps: number; regions: number } {
  let [tiles, taps, walked, index] = [0, 0, 0, 0]
  for (const branch of ['x', 'y', 'z', 'w'].filter(branch => p[`k_h.${branch}`] > 0)) {
    const shared = { stride: p.stride, dilation: p[`dilation.${branch}`] }
    const rows = { inputs: p.in_h, outputs: p.out_h, taps: p[`k_h.${branch}`], pad: p[`pad_top.${branch}`] }
    const columns = {
      inputs: p.in_w,
      outputs: p.out_w,
      taps: p[`k_w.${branch}`],
      pad: p[`pad_left.${branch}`],
    }
    const images = p.pixels / (p.out_h * p.out_w)
    const vertical = stretches({ ...shared, ...rows }, p[`exact_rows.${branch}`] > 0)
    const horizontal = stretches({ ...shared, ...columns }, p[`exact_columns.${branch}`] > 0)
    for (const region of regions(vertical, horizontal)) {
      const count = Math.ceil((images * regionOutputs(region)) / tilePixels)
      tiles += count
      taps += count * regionTaps(region)
      walked += count * index++
    }
  }
  return { taps: taps / tiles, regions: walked / tiles }
}
