// A vector of the input, or zeros where the coordinates are outside the map or the vector is past the last one.
fn load_input(image: u32, y: u32, x: u32, vector: u32) -> vec4f {
  let inside = y < params.in_h && x < params.in_w && vector < params.in_vectors;
  let at = ((image * params.in_h + y) * params.in_w + x) * params.in_vectors + vector;
  return select(vec4f(0), vec4f(input[select(0u, at, inside)]), inside);
}
