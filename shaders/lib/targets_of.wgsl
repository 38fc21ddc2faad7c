// The target indices first … end − 1 along one axis.
struct Targets {
  first: u32,
  end: u32,
}

// The targets whose source coordinate, max(0, target · step + shift) / unit, may be less than 1 from `source`.
fn targets_of(source: u32, step: i32, shift: i32, unit: i32, size: u32) -> Targets {
  if (step == 0) { return Targets(0, size); }
  let first = max(0, ((i32(source) - 1) * unit - shift) / step);
  let end = max(0, ((i32(source) + 1) * unit - shift) / step + 1);
  return Targets(u32(first), min(u32(end), size));
}
