// Which components of a vector are channels. The others are padding.
fn is_channel(vector: u32) -> vec4<bool> {
  return vec4u(vector * 4u) + vec4u(0, 1, 2, 3) < vec4u(params.channels);
}
