// Where each activation lies in the arena: two may share bytes where they are never alive together.

export interface Lifetime {
  bytes: number
  /** The first and the last step at which it holds something that is still needed. */
  first: number
  last: number
}

/**
 * An offset for each lifetime such that no two that overlap in time overlap in memory. Largest first, each at the
 * lowest place where it fits (the greedy-by-size of Pisarchyk and Lee, 2020, "Efficient memory management for deep
 * neural net inference").
 */
export function assignOffsets(
  lifetimes: Lifetime[],
  alignment: number,
): { offsets: number[]; bytes: number } {
  const offsets: number[] = new Array(lifetimes.length)
  const placed: number[] = [] // indices, by ascending offset
  const bySize = lifetimes.map((_, index) => index).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes)
  const end = (index: number) => Math.ceil((offsets[index] + lifetimes[index].bytes) / alignment) * alignment
  for (const index of bySize) {
    const { bytes, first, last } = lifetimes[index]
    let offset = 0
    for (const other of placed) {
      if (lifetimes[other].last < first || lifetimes[other].first > last) continue
      if (offset + bytes <= offsets[other]) break
      offset = Math.max(offset, end(other))
    }
    offsets[index] = offset
    const at = placed.findIndex(other => offsets[other] > offset)
    placed.splice(at < 0 ? placed.length : at, 0, index)
  }
  return { offsets, bytes: Math.max(0, ...placed.map(end)) }
}
