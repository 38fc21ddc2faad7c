// From a photo to the network's input: antialiased bilinear resize, (x / 255 − mean) / std, and mirroring left to right
// if `flip`.
//
//   image    [n, sources, in_w]  u32: red in the low byte, then green, blue, alpha (ignored)
//   output   [n, rows, out_w]    vec4: red, green, blue, 0; or blue, green, red, 0 if `bgr`
//
// The filter is a triangle with a radius of max(1, in/out) source pixels, as in PIL's and torchvision's antialiased
// resize. One invocation computes LANE_ROWS pixels below each other, for which the filter covers the same columns.

#import "lib/invocations.wgsl"
#import "lib/triangle_filter.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_ROWS = 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> image: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  first_source: u32, // of the photo's in_h rows, `image` holds `sources` from this one on
  sources: u32,
  first_row: u32, // of the out_h rows, `output` holds `rows` from this one on
  rows: u32,
  strips: u32, // ⌈rows / LANE_ROWS⌉
  count: u32, // n · strips · out_w
  flip: u32,
  bgr: u32,
  mean_r: f32,
  mean_g: f32,
  mean_b: f32,
  std_r: f32,
  std_g: f32,
  std_b: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.out_w;
  let column = index - row * params.out_w;
  let image_index = row / params.strips;
  let first_y = (row - image_index * params.strips) * LANE_ROWS;
  let x = select(column, params.out_w - 1u - column, params.flip != 0u);
  let columns = window_of(x, params.in_w, params.out_w);
  let mean = vec3f(params.mean_r, params.mean_g, params.mean_b);
  let deviation = vec3f(params.std_r, params.std_g, params.std_b);

  for (var row_y = first_y; row_y < min(first_y + LANE_ROWS, params.rows); row_y++) {
    let y = params.first_row + row_y;
    let rows = window_of(y, params.in_h, params.out_h);
    var sum = vec3f(0);
    var weights = 0.0;
    for (var source_y = rows.first; source_y < rows.end; source_y++) {
      let first = (image_index * params.sources + source_y - params.first_source) * params.in_w;
      let weight_y = weight_of(source_y, y, params.in_h, params.out_h);
      for (var source_x = columns.first; source_x < columns.end; source_x++) {
        let weight = weight_y * weight_of(source_x, x, params.in_w, params.out_w);
        let rgba = image[first + source_x];
        sum += weight * vec3f(f32(rgba & 255u), f32((rgba >> 8u) & 255u), f32((rgba >> 16u) & 255u));
        weights += weight;
      }
    }
    let normal = (sum / weights / 255.0 - mean) / deviation;
    output[(image_index * params.rows + row_y) * params.out_w + column] = vec4<Stored>(vec4f(select(normal, normal.bgr, params.bgr != 0u), 0));
  }
}
