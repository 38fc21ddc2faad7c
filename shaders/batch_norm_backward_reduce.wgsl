// Backward of batch norm, step 1: of each tile of pixels the sums that the gradients of γ, β and the input are made of.
//
//   input, output_gradient   [pixels, vectors]   vec4: four channels
//   mean       [channels]
//   partials   [tiles, 2, vectors]   Σ dy, then Σ dy · (x − mean)
//
// One invocation does one vector of one tile.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  tile: u32, // pixels of a tile; the last may have fewer
  tiles: u32,
}

// Lanes that pad the channels repeat the last one: nothing reads their sums.
fn mean_of(vector: u32) -> vec4f {
  let channel = min(vec4u(vector * 4u) + vec4u(0, 1, 2, 3), vec4u(params.channels - 1u));
  return vec4f(mean[channel.x], mean[channel.y], mean[channel.z], mean[channel.w]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.tiles * params.vectors) { return; }
  let vector = index % params.vectors;
  let tile = index / params.vectors;
  let first = tile * params.tile;
  let end = min(first + params.tile, params.pixels);

  let centre = mean_of(vector);
  var sum = vec4f(0);
  var sum_by_distance = vec4f(0);
  for (var pixel = first; pixel < end; pixel++) {
    let at = pixel * params.vectors + vector;
    let gradient = output_gradient[at];
    sum += gradient;
    sum_by_distance += gradient * (input[at] - centre);
  }
  partials[tile * 2u * params.vectors + vector] = sum;
  partials[(tile * 2u + 1u) * params.vectors + vector] = sum_by_distance;
}
