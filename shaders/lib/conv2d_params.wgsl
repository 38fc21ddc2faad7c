// The parameters of conv2d.wgsl and of its variants with the same buffers.
struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32, // vectors of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  has_bias: u32,
  bias_pitch: u32, // vectors from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
}
