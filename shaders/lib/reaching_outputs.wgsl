// The output coordinates first … first + count − 1 along one axis.
struct Span {
  first: u32,
  count: u32,
}

// The outputs along one axis whose tap k reaches a pixel inside the input.
fn reaching_outputs(k: u32, pad: u32, in_size: u32, out_size: u32) -> Span {
  let offset = k * params.dilation;
  let first = (max(pad, offset) - offset + params.stride - 1u) / params.stride;
  let end = min((max(in_size + pad, offset) - offset + params.stride - 1u) / params.stride, out_size);
  return Span(first, max(first, end) - first);
}
