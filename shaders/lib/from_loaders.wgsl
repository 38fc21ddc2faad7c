// The lanes of a subgroup that load for all of its lanes. No subgroup may have fewer.
const LOADERS = min(SUBGROUP_SIZE, 8u);

// The values of the loaders, for every lane. Where there are four, each value stands there twice.
fn from_loaders(value: vec4f) -> array<vec4f, 8> {
  return array(
    subgroupBroadcast(value, 0u),
    subgroupBroadcast(value, 1u),
    subgroupBroadcast(value, 2u),
    subgroupBroadcast(value, 3u),
    subgroupBroadcast(value, 4u % LOADERS),
    subgroupBroadcast(value, 5u % LOADERS),
    subgroupBroadcast(value, 6u % LOADERS),
    subgroupBroadcast(value, 7u % LOADERS),
  );
}
