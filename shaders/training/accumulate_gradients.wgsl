// Adds a micro-batch's share to the gradients of a batch: sums += share · weight · gradients.
//
//   gradients, sums   [count]   the sums are zero before the first micro-batch
//   weight   [1], read if has_weight; a buffer, because it changes from one micro-batch to the next
//
// One invocation updates the gradient of one parameter. Micro-batches are added one after the other, always in the same
// order, so that the sums are the same to the bit in every run.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

struct Params {
  count: u32,
  share: f32, // the micro-batch's part of the batch
  has_weight: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  var share = params.share;
  if (params.has_weight != 0u) { share *= weight[0]; }
  sums[index] += share * gradients[index];
}
