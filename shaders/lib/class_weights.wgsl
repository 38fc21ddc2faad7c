// The weights of classes: ones where there are none.

fn weight_of(label: u32) -> f32 {
  if (params.has_class_weights == 0u) { return 1.0; }
  return class_weights[label];
}

// The weights of a vector of classes, 0 for its padding.
fn weights_of(vector: u32) -> vec4f {
  let first = vector * 4u;
  let last = params.channels - 1u;
  let weights = vec4f(
    weight_of(first),
    weight_of(min(first + 1u, last)),
    weight_of(min(first + 2u, last)),
    weight_of(min(first + 3u, last)),
  );
  return select(vec4f(0), weights, is_channel(vector));
}
