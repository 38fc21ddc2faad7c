// Winograd's convolution (src/kernels/winograd/winograd.ts), step 2, for adapters that load a vector from a texture at once: the
// product of winograd_multiply.wgsl, with the same parameters.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles]        vec4: four input channels
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// The loop takes a vector of four input channels at a time, since a texture gives it whole.

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/winograd_products.wgsl"

@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;

// The kernel reads these through textures: see src/gpu/quirks/texture_reads.ts.
fn tiles_at(index: u32) -> vec4f { return vec4f(tiles[index]); }
fn weight_at(index: u32) -> vec4f { return vec4f(weight[index]); }

fn sums_of(first_tiles: array<u32, LANE_TILES>, first_weight: u32) -> Sums {
  var at = first_tiles;
  var sums: Sums;
  var row = first_weight;
  for (var i = 0u; i < params.in_vectors; i++) {
    var values = array<vec4f, LANE_TILES>();
    for (var t = 0u; t < LANE_TILES; t++) { values[t] = tiles_at(at[t] + i * params.tiles); }
    for (var c = 0u; c < 4u; c++) {
      let weights = from_loaders(weight_at(row));
      for (var t = 0u; t < LANE_TILES; t++) {
        for (var v = 0u; v < LANE_VECTORS; v++) { sums[t][v] = fma(vec4f(values[t][c]), weights[v], sums[t][v]); }
      }
      row += params.out_vectors;
    }
  }
  return sums;
}
