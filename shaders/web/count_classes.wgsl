// How many pixels each class has.
//
//   mask     [⌈height · width / 4⌉]  u32: the class ids of four pixels, the first in the low byte
//   counts   [256]                   u32, which are 0 before
//
// A workgroup counts on its own, and then adds its counts to those of all. One invocation counts WORDS words, which are a
// workgroup's lanes apart. Sums of whole numbers do not depend on their order.

const WORDS = 16u;
const LANES = 256u; // as many as there are classes

@group(0) @binding(0) var<storage, read> mask: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>;

struct Size {
  pixels: u32,
}
@group(0) @binding(2) var<uniform> size: Size;

var<workgroup> own: array<atomic<u32>, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  for (var i = 0u; i < WORDS; i++) {
    let word = (group.x * WORDS + i) * LANES + lane;
    if (word * 4u < size.pixels) {
      let present = min(4u, size.pixels - word * 4u);
      for (var p = 0u; p < present; p++) { atomicAdd(&own[(mask[word] >> (8u * p)) & 255u], 1u); }
    }
  }
  workgroupBarrier();
  let count = atomicLoad(&own[lane]);
  if (count > 0u) { atomicAdd(&counts[lane], count); }
}
