// The parameters of conv2d_backward_input.wgsl and its variants.
struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  phase_h: u32, // ⌈in_h / stride⌉
  phase_w: u32, // ⌈in_w / stride⌉
  phase_pixels: u32, // n · phase_h · phase_w
  row_tiles: u32, // workgroups along the pixels of a phase
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}
