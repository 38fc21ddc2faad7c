// The activation of an op: clamps a value to params.low … params.high, either of which may be infinite.
// It compares instead of calling clamp(), so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}
