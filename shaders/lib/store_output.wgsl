// The end of a convolution: output[at] = act(sum + bias + residual). Needs lib/activate.wgsl.
//
// `bias_at` is the index of the bias vector. `at` is the index of the output vector, and of the residual vector.
fn store_output(sum: vec4f, bias_at: u32, at: u32) {
  var value = sum;
  if (params.has_bias != 0u) { value += vec4f(bias[bias_at]); }
  if (params.has_residual != 0u) { value += vec4f(residual[at]); }
  if (params.in_place != 0u) { value += vec4f(output[at]); }
  output[at] = vec4<Stored>(activate(value));
}
