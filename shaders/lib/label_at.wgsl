// The label of a pixel of an image, from `labels`: one byte a pixel. Each image starts at a whole word.
fn label_at(image: u32, pixel: u32) -> u32 {
  let words = (params.out_h * params.out_w + 3u) / 4u;
  return (labels[image * words + pixel / 4u] >> (pixel % 4u * 8u)) & 255u;
}
