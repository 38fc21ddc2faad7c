// A kernel that treats every vector alike: `compute_vector` gets the index of each. The parameters begin with `count`, the number
// of vectors, and `stride`, that of invocations: an invocation computes every `stride`-th vector.

#import "lib/invocations.wgsl"

fn compute(first: u32) {
  if (first >= params.stride) { return; }
  for (var index = first; index < params.count; index += params.stride) { compute_vector(index); }
}
