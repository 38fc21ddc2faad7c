// A photo with the colours of its classes over it, on a canvas of any size.
//
//   photo     [photo_h, photo_w]            u32: red in the low byte, then green, blue, alpha (ignored)
//   mask      [⌈mask_h · mask_w / 4⌉]       u32: the class ids of four pixels, the first in the low byte
//   colours   [256]                         u32: a class's colour, and in its alpha how much of the photo it covers
//
// The photo is interpolated; the class is that of the nearest pixel of the mask. Left of `split`, a share of the width,
// the photo is shown alone. A class that covers any of the photo covers it wholly as far as `outline` from another class.

@group(0) @binding(0) var<storage, read> photo: array<u32>;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> colours: array<u32, 256>;

struct Sizes {
  photo_w: u32,
  photo_h: u32,
  mask_w: u32,
  mask_h: u32,
  split: f32,
  outline_x: f32, // the outline's width, as a share of the picture's width and of its height
  outline_y: f32,
}
@group(0) @binding(3) var<uniform> sizes: Sizes;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) at: vec2f, // from 0, 0 at the upper left to 1, 1 at the lower right
}

// One triangle, whose part inside the canvas is the whole canvas.
@vertex
fn corner(@builtin(vertex_index) index: u32) -> Corner {
  let at = vec2f(f32((index & 1u) * 2u), f32((index >> 1u) * 2u));
  return Corner(vec4f(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0), at);
}

fn photo_pixel(x: u32, y: u32) -> vec3f {
  return unpack4x8unorm(photo[min(y, sizes.photo_h - 1u) * sizes.photo_w + min(x, sizes.photo_w - 1u)]).rgb;
}

fn photo_at(at: vec2f) -> vec3f {
  let source = max(vec2f(0), at * vec2f(f32(sizes.photo_w), f32(sizes.photo_h)) - 0.5);
  let low = vec2u(source);
  let share = source - vec2f(low);
  let upper = mix(photo_pixel(low.x, low.y), photo_pixel(low.x + 1u, low.y), share.x);
  let lower = mix(photo_pixel(low.x, low.y + 1u), photo_pixel(low.x + 1u, low.y + 1u), share.x);
  return mix(upper, lower, share.y);
}

fn class_at(at: vec2f) -> u32 {
  let x = min(sizes.mask_w - 1u, u32(at.x * f32(sizes.mask_w)));
  let y = min(sizes.mask_h - 1u, u32(at.y * f32(sizes.mask_h)));
  let pixel = y * sizes.mask_w + x;
  return (mask[pixel / 4u] >> (8u * (pixel % 4u))) & 255u;
}

// Whether another class is in one of eight directions, as far away as the outline is wide.
fn is_border(at: vec2f, class_id: u32) -> bool {
  let reach = vec2f(sizes.outline_x, sizes.outline_y);
  for (var i = 0u; i < 8u; i++) {
    let angle = f32(i) * 0.78539816; // π / 4
    if (class_at(at + reach * vec2f(cos(angle), sin(angle))) != class_id) {
      return true;
    }
  }
  return false;
}

@fragment
fn colour(@location(0) at: vec2f) -> @location(0) vec4f {
  let below = photo_at(at);
  let class_id = class_at(at);
  let tint = unpack4x8unorm(colours[class_id]);
  var share = select(tint.a, 0.0, at.x < sizes.split);
  if (share > 0.0 && sizes.outline_x > 0.0 && is_border(at, class_id)) {
    share = 1.0;
  }
  return vec4f(mix(below, tint.rgb, share), 1.0);
}
