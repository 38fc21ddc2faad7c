// The lanes of a subgroup that load for all of its lanes. No subgroup may have fewer.
const LOADERS = min(SUBGROUP_SIZE, 8u);

// The values of the loaders, for every lane. Where there are four, the rest of the array is not used.
fn from_loaders(value: vec4f) -> array<vec4f, 8> {
  var fifth = vec4f(0);
  var sixth = vec4f(0);
  var seventh = vec4f(0);
  var eighth = vec4f(0);
  if (LOADERS == 8u) {
    fifth = subgroupBroadcast(value, 4u);
    sixth = subgroupBroadcast(value, 5u);
    seventh = subgroupBroadcast(value, 6u);
    eighth = subgroupBroadcast(value, 7u);
  }
  return array(
    subgroupBroadcast(value, 0u),
    subgroupBroadcast(value, 1u),
    subgroupBroadcast(value, 2u),
    subgroupBroadcast(value, 3u),
    fifth,
    sixth,
    seventh,
    eighth,
  );
}
