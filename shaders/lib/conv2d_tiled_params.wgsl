// The parameters of conv2d_tiled.wgsl.
struct Params {
  // One component for each branch, four at most:
  k_h: vec4u,
  k_w: vec4u,
  dilation: vec4u,
  pad_top: vec4u,
  pad_left: vec4u,
  exact_rows: vec4u, // 1: the rows are cut into regions
  exact_columns: vec4u, // 1: the columns are cut into regions
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32, // of one branch
  all_vectors: u32, // of all branches
  out_pitch: u32, // vectors of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels, of all regions of all branches
  column_tiles: u32, // workgroups along the output channels of a branch
  splits: u32, // workgroups along the sum
  stride: u32,
  has_bias: u32,
  bias_pitch: u32, // vectors from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
}
