// Where the pixels of a map lie, for kernels whose windows reach beside it.

const OUTSIDE = 0xffffffffu;

// The index of the first vector of a pixel in a map [n, size.y, size.x, vectors], or OUTSIDE. Negative coordinates wrap round to large
// ones, so one comparison for each is enough.
fn pixel_address(image: u32, at: vec2u, size: vec2u, vectors: u32) -> u32 {
  let inside = at.y < size.y && at.x < size.x;
  return select(OUTSIDE, ((image * size.y + at.y) * size.x + at.x) * vectors, inside);
}
