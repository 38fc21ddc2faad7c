// The filter of an antialiased bilinear resize along one axis: a triangle with a radius of max(1, in/out) source pixels, as in PIL's
// and torchvision's.

// The source pixels under the filter of one target coordinate: first … end − 1.
struct Window {
  first: u32,
  end: u32,
}

// Distances are in units of 1 / (2 · to) source pixels: in these units they are integers.
fn window_of(target_: u32, from_: u32, to: u32) -> Window {
  let centre = (2 * i32(target_) + 1) * i32(from_);
  let radius = 2 * i32(max(from_, to));
  let unit = 2 * i32(to);
  // Pixels at exactly the radius have weight zero, and are left out.
  let first = u32(max(0, (centre - radius + unit / 2) / unit));
  return Window(first, min(from_, u32((centre + radius + unit / 2 - 1) / unit)));
}

// The weight of a source pixel before normalisation: 1 − distance / radius.
fn weight_of(source: u32, target_: u32, from_: u32, to: u32) -> f32 {
  let distance = abs((2 * i32(source) + 1) * i32(to) - (2 * i32(target_) + 1) * i32(from_));
  let radius = 2 * i32(max(from_, to));
  return max(0.0, f32(radius - distance) / f32(radius));
}
