// The guided filter's output at a colour: a · colour + b, stretched so that LOW becomes 0 and HIGH 1. The filter alone leaves a veil of a few
// percent over the background, and holes of a few percent in the object.

const LOW = 0.1;
const HIGH = 0.9;

// coefficients: a and b. colour: from −0.5 to 0.5.
fn guided_value(coefficients: vec4f, colour: vec3f) -> f32 {
  return clamp((dot(coefficients.xyz, colour) + coefficients.w - LOW) / (HIGH - LOW), 0.0, 1.0);
}
