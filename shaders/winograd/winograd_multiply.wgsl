// Winograd's convolution (src/kernels/winograd/winograd.ts), step 2: a matrix product at each point.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles, 4]     f32: input channels, in fours
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// For adapters whose subgroups all have one size: see lib/winograd_products.wgsl. The loop takes one input channel at a time: four in a
// row would fetch each sum less often, but would take more than twice the machine code, and time (bench/NOTES.md).

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/winograd_products.wgsl"

@group(0) @binding(1) var<storage, read_write> tiles: array<f32>;

fn sums_of(first_tiles: array<u32, LANE_TILES>, first_weight: u32) -> Sums {
  var at: array<u32, LANE_TILES>;
  for (var t = 0u; t < LANE_TILES; t++) { at[t] = 4u * first_tiles[t]; }
  var sums: Sums;
  var row = first_weight;
  var place = 0u; // distance of the channel's value from the tile's first value
  for (var channel = 0u; channel < 4u * params.in_vectors; channel++) {
    var values = array<f32, LANE_TILES>();
    for (var t = 0u; t < LANE_TILES; t++) { values[t] = tiles[at[t] + place]; }
    let weights = from_loaders(vec4f(weight[row]));
    for (var t = 0u; t < LANE_TILES; t++) {
      for (var v = 0u; v < LANE_VECTORS; v++) { sums[t][v] = fma(vec4f(values[t]), weights[v], sums[t][v]); }
    }
    row += params.out_vectors;
    place += select(1u, 4u * params.tiles - 3u, channel % 4u == 3u);
  }
  return sums;
}
