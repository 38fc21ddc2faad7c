// The cross entropy of a label pixel times its weight. With label smoothing ε it is, as in PyTorch,
// (1 − ε) · weight[label] · −log p(label) + ε / classes · Σ weight[class] · −log p(class).

fn pixel_loss(at: Neighbours, label: u32, log_sum_exp: f32) -> f32 {
  let loss = weight_of(label) * (log_sum_exp - upsampled(at, label / 4u)[label % 4u]);
  if (params.label_smoothing == 0.0) { return loss; }
  var others = 0.0;
  for (var v = 0u; v < params.vectors; v++) {
    others += dot(weights_of(v), log_sum_exp - upsampled(at, v));
  }
  return (1.0 - params.label_smoothing) * loss + params.label_smoothing / f32(params.channels) * others;
}
