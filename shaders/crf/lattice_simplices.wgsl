// Where each pixel is in the permutohedral lattice (Adams, Baek and Davis 2010, section 3.1): the simplex around its point, and the
// point's barycentric coordinates. The point has five dimensions: column, row, red, green, blue, each divided by its standard deviation.
//
//   image       [pixels]      vec4: red, green, blue from 0 to 255, rounded here to whole numbers; and 0
//   simplices   [pixels, 6]   five coordinates of the simplex's vertex 0, then the ranks of all six, of 3 bits each
//   weights     [pixels, 6]   of the simplex's vertices
//
// One invocation computes one pixel. It computes in integers, in fixed point, so that every adapter finds the same vertices: `unit` is
// the number that stands for 6, and `scale_…` for one step along a dimension.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> image: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> simplices: array<i32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

struct Params {
  width: u32,
  pixels: u32,
  unit: i32,
  scale_x: i32,
  scale_y: i32,
  scale_r: i32,
  scale_g: i32,
  scale_b: i32,
}

fn nearest_multiple(value: i32) -> i32 {
  let shifted = value + params.unit / 2;
  let quotient = shifted / params.unit;
  return select(quotient, quotient - 1, quotient * params.unit > shifted); // division rounds to zero, and this rounds down
}

// The point on the plane whose coordinates add up to 0.
fn elevated_at(pixel: u32) -> array<i32, 6> {
  let colour = vec3i(round(image[pixel].xyz)) * vec3i(params.scale_r, params.scale_g, params.scale_b);
  let x = i32(pixel % params.width) * params.scale_x;
  let y = i32(pixel / params.width) * params.scale_y;
  let steps = array<i32, 5>(x, y, colour.x, colour.y, colour.z);
  var elevated = array<i32, 6>();
  var sum = 0;
  for (var i = 5u; i > 0u; i--) {
    elevated[i] = sum - i32(i) * steps[i - 1u];
    sum += steps[i - 1u];
  }
  elevated[0] = sum;
  return elevated;
}

fn compute(index: u32) {
  if (index >= params.pixels) { return; }
  var elevated = elevated_at(index);

  // The nearest point of which all coordinates are multiples of 6. The sum of these need not be 0.
  var nearest = array<i32, 6>();
  var excess = 0;
  for (var i = 0u; i < 6u; i++) {
    nearest[i] = nearest_multiple(elevated[i]);
    excess += nearest[i];
  }

  // Coordinates by their distance from it, the largest first; of equal ones, the first first.
  var ranks = array<i32, 6>();
  for (var i = 0u; i < 5u; i++) {
    for (var j = i + 1u; j < 6u; j++) {
      let is_less = elevated[i] - nearest[i] * params.unit < elevated[j] - nearest[j] * params.unit;
      ranks[i] += select(0, 1, is_less);
      ranks[j] += select(1, 0, is_less);
    }
  }

  // Those that were rounded the most are rounded the other way, until the sum is 0: then it is the simplex's vertex 0.
  var distances = array<i32, 6>(); // by rank
  var packed = 0;
  for (var i = 0u; i < 6u; i++) {
    let rank = ranks[i] + excess;
    let turn = select(0, 1, rank > 5) - select(0, 1, rank < 0);
    ranks[i] = rank - 6 * turn;
    nearest[i] -= turn;
    distances[ranks[i]] = elevated[i] - nearest[i] * params.unit;
    packed |= ranks[i] << (3u * i);
  }

  for (var i = 0u; i < 5u; i++) { simplices[index * 6u + i] = nearest[i] * 6; }
  simplices[index * 6u + 5u] = packed;
  weights[index * 6u] = f32(params.unit + distances[5] - distances[0]) / f32(params.unit);
  for (var k = 1u; k < 6u; k++) {
    weights[index * 6u + k] = f32(distances[5u - k] - distances[6u - k]) / f32(params.unit);
  }
}
