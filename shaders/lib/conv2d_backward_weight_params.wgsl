// The parameters of conv2d_backward_weight.wgsl and its variants.
struct Params {
  batch: u32,
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels (or the taps, in conv2d_backward_weight_tiled.wgsl)
  column_tiles: u32, // workgroups along the output channels
  splits: u32, // the pixels are split into this many shares, each with its own sums
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}
