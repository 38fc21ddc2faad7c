// The sum over all lanes of the subgroup. It reads the loaders by broadcasts: CPU adapters turn subgroupAdd into a loop
// over lanes.
fn sum_over_lanes(value: vec4f) -> vec4f {
  var sum = value;
  for (var distance = 8u; distance < SUBGROUP_SIZE; distance *= 2u) { sum += subgroupShuffleXor(sum, distance); }
  let sums = from_loaders(sum);
  let four = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  if (LOADERS == 4u) { return four; }
  return four + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}
