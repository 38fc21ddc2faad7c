// The two source indices around a source coordinate, and how far the coordinate is from the first to the second.
struct Between {
  low: u32,
  high: u32,
  share: f32,
}

// The source coordinate is max(0, numerator) / unit. The arithmetic is in integers: f32 would be too coarse.
fn between(numerator: i32, unit: i32, size: u32) -> Between {
  let low = max(0, numerator) / unit;
  let rest = max(0, numerator) - low * unit;
  return Between(u32(low), min(u32(low) + 1u, size - 1u), f32(rest) / f32(unit));
}
