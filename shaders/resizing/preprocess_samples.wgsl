// From an image of 1 to 8 channels to the network's input: antialiased bilinear resize, (x − mean) / std, and mirroring left to
// right if `flip`.
//
//   image    [n, sources, in_w, channels]  f32, without padding
//   output   [n, rows, out_w]              vec4 times `vectors`, the channels of a pixel padded with zeros
//
// The filter is the one of preprocess.wgsl. One invocation computes one vector of LANE_ROWS pixels below each other, for which the
// filter covers the same columns.

#import "lib/invocations.wgsl"
#import "lib/triangle_filter.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_ROWS = 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> image: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  first_source: u32, // of the image's in_h rows, `image` holds `sources` from this one on
  sources: u32,
  first_row: u32, // of the out_h rows, `output` holds `rows` from this one on
  rows: u32,
  strips: u32, // ⌈rows / LANE_ROWS⌉
  count: u32, // n · strips · out_w · vectors
  flip: u32,
  channels: u32,
  vectors: u32, // ⌈channels / 4⌉
  mean_0: f32, // those of channels that are not there are 0
  mean_1: f32,
  mean_2: f32,
  mean_3: f32,
  mean_4: f32,
  mean_5: f32,
  mean_6: f32,
  mean_7: f32,
  std_0: f32, // those of channels that are not there are 1
  std_1: f32,
  std_2: f32,
  std_3: f32,
  std_4: f32,
  std_5: f32,
  std_6: f32,
  std_7: f32,
}

// Four channels of a pixel, from `first` on; 0 for those that are not there.
fn channels_of(pixel: u32, first: u32) -> vec4f {
  let at = pixel * params.channels + first;
  let left = params.channels - first;
  var found = vec4f(image[at], 0, 0, 0);
  if (left > 1u) { found.y = image[at + 1u]; }
  if (left > 2u) { found.z = image[at + 2u]; }
  if (left > 3u) { found.w = image[at + 3u]; }
  return found;
}

fn mean_of(vector: u32) -> vec4f {
  let first = vec4f(params.mean_0, params.mean_1, params.mean_2, params.mean_3);
  return select(first, vec4f(params.mean_4, params.mean_5, params.mean_6, params.mean_7), vector == 1u);
}

fn deviation_of(vector: u32) -> vec4f {
  let first = vec4f(params.std_0, params.std_1, params.std_2, params.std_3);
  return select(first, vec4f(params.std_4, params.std_5, params.std_6, params.std_7), vector == 1u);
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let pixel = index / params.vectors;
  let vector = index - pixel * params.vectors;
  let row = pixel / params.out_w;
  let column = pixel - row * params.out_w;
  let image_index = row / params.strips;
  let first_y = (row - image_index * params.strips) * LANE_ROWS;
  let x = select(column, params.out_w - 1u - column, params.flip != 0u);
  let columns = window_of(x, params.in_w, params.out_w);
  let mean = mean_of(vector);
  let deviation = deviation_of(vector);

  for (var row_y = first_y; row_y < min(first_y + LANE_ROWS, params.rows); row_y++) {
    let y = params.first_row + row_y;
    let rows = window_of(y, params.in_h, params.out_h);
    var sum = vec4f(0);
    var weights = 0.0;
    for (var source_y = rows.first; source_y < rows.end; source_y++) {
      let first = (image_index * params.sources + source_y - params.first_source) * params.in_w;
      let weight_y = weight_of(source_y, y, params.in_h, params.out_h);
      for (var source_x = columns.first; source_x < columns.end; source_x++) {
        let weight = weight_y * weight_of(source_x, x, params.in_w, params.out_w);
        sum += weight * channels_of(first + source_x, 4u * vector);
        weights += weight;
      }
    }
    let normal = (sum / weights - mean) / deviation;
    let to = ((image_index * params.rows + row_y) * params.out_w + column) * params.vectors + vector;
    output[to] = vec4<Stored>(normal);
  }
}
