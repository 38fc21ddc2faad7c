import { plantedArray4 } from '../reference/array4.ts'
import type { GlobalAveragePoolBackward } from '../reference/global_average_pool_backward.ts'
import { type GlobalAveragePoolCase, cases as poolCases } from './global_average_pool.ts'

/** Those of `global_average_pool`: `input` is the shape of the gradient to find. A planted value is at its image's one pixel. */
export const cases: GlobalAveragePoolCase[] = poolCases

/** The operands of a case, made from its seed. */
export function globalAveragePoolBackwardOf({
  input,
  seed,
  plant,
}: GlobalAveragePoolCase): GlobalAveragePoolBackward {
  const [n, height, width, channels] = input
  const planted = plant && { value: plant.value, at: [plant.at[0], 0, 0, plant.at[3]] as const }
  return { outputGradient: plantedArray4([n, 1, 1, channels], seed, planted), height, width }
}
