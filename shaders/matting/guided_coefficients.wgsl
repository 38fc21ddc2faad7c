// The coefficients of a guided filter with a guide of three colours: a = (Σ + eps · 1)⁻¹ (mean(I · p) − mean(I) · mean(p)), with the
// colours' covariance Σ, and b = mean(p) − a · mean(I) (He, Sun and Tang 2013, section 3.5). The inverse is the adjugate over the
// determinant: eps keeps it away from 0.
//
//   means          [pixels, 4]   vec4: the means of the moments
//   coefficients   [pixels]      vec4: a and b
//
// One invocation computes those of every `stride`-th pixel.

#import "lib/elementwise.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> means: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> coefficients: array<vec4f>;

struct Params {
  count: u32, // pixels
  stride: u32, // number of invocations
  eps: f32,
}

fn compute_vector(index: u32) {
  let mean = means[index * 4u];
  let colour = mean.xyz;
  let together = means[index * 4u + 1u].xyz - colour * mean.w;
  let own = max(means[index * 4u + 2u].xyz - colour * colour, vec3f(0)) + params.eps;
  let mixed = means[index * 4u + 3u].xyz - colour.xxy * colour.yzz;

  let red = vec3f(own.x, mixed.x, mixed.y);
  let green = vec3f(mixed.x, own.y, mixed.z);
  let blue = vec3f(mixed.y, mixed.z, own.z);
  let across = cross(green, blue); // the first row of the adjugate
  let adjugate = vec3f(dot(across, together), dot(cross(blue, red), together), dot(cross(red, green), together));
  let a = adjugate / dot(red, across);
  coefficients[index] = vec4f(a, mean.w - dot(a, colour));
}
