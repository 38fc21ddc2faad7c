// What the text of a shader does not say of its loops, because it depends on the lane or the workgroup: the average over all of them.
// The names are those of source_loops.ts. A loop that is neither here nor in the text is called unknown in the tables.

import { regionOutputs, regions, regionTaps, stretches } from '../../src/kernels/tap_regions.ts'

export interface Numbers {
  params: Record<string, number>
  /** Of the shader's text, with the kernel's values. */
  constants: ReadonlyMap<string, number>
}

type Averages = (params: Record<string, number>, constants: Record<string, number>) => Record<string, number>

export function averagesOf(shader: string, { params, constants }: Numbers): Record<string, number> {
  return shaders[shader]?.(params, Object.fromEntries(constants)) ?? {}
}

/** Source pixels along an axis under the filter of a target pixel. */
const filtered = (from: number, to: number) => (from === to ? 1 : 2 * Math.max(1, from / to))

const shaders: Record<string, Averages> = {
  conv2d_tiled(p, { LANES_Y, LANE_PIXELS, LANE_VECTORS, STEP_VECTORS }) {
    const walks = regionWalks(p, LANES_Y * LANE_PIXELS)
    // A turn more would only load, and one would only multiply.
    const s = (walks.taps * Math.ceil(p.in_vectors / STEP_VECTORS)) / p.splits
    return { loop: walks.regions, s, p: LANE_PIXELS, vector: LANE_VECTORS }
  },
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
  // A lane's pixels are in one cell of the logits' grid, or in several.
  upsample_argmax: (p, { LANE_PIXELS }) => ({ while: 1 + ((LANE_PIXELS - 1) * p.step_x) / p.unit_x }),
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
