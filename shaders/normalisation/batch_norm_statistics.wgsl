// Batch norm in training, step 1: for each tile of pixels, the mean of each channel and M2 = Σ(x − mean)².
//
//   input      [pixels, vectors]          vec4: four channels
//   partials   [tiles, 2 · vectors + 1]   the means, then M2, then the tile's number of pixels
//
// One invocation computes one vector of one tile. It reads the tile twice: Σx² − (Σx)²/n would lose a small variance
// beside a large mean. For the same reason it adds up distances from the tile's first value instead of the values
// themselves.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  tile: u32, // pixels of a tile; the last tile may have fewer
  tiles: u32,
}

fn compute(index: u32) {
  if (index >= params.tiles * params.vectors) { return; }
  let vector = index % params.vectors;
  let tile = index / params.vectors;
  let first = tile * params.tile;
  let end = min(first + params.tile, params.pixels);

  let pivot = input[first * params.vectors + vector];
  var sum = vec4f(0);
  for (var pixel = first; pixel < end; pixel++) {
    sum += input[pixel * params.vectors + vector] - pivot;
  }
  let mean = pivot + sum / f32(end - first);

  var squares = vec4f(0);
  for (var pixel = first; pixel < end; pixel++) {
    let distance = input[pixel * params.vectors + vector] - mean;
    squares += distance * distance;
  }
  let row = tile * (2u * params.vectors + 1u);
  partials[row + vector] = mean;
  partials[row + params.vectors + vector] = squares;
  if (vector == 0u) { partials[row + 2u * params.vectors] = vec4f(f32(end - first)); }
}
