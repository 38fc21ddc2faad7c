// Where each activation lies in the arena: two may share bytes where they are never alive together. The arena is one buffer where
// the GPU has buffers of that size, and several where it has not.

export interface Lifetime {
  bytes: number
  /** The first and the last step at which it holds something that is still needed. */
  first: number
  last: number
}

/** A buffer of the arena, by its index, and an offset in bytes. */
export interface ArenaPlace {
  buffer: number
  offset: number
}

/**
 * A place for each lifetime such that no two that overlap in time overlap in memory, and the bytes of each buffer. Largest first, each
 * at the lowest place where it fits (the greedy-by-size of Pisarchyk and Lee, 2020, "Efficient memory management for deep neural net
 * inference"). What does not fit into the buffers of at most `largest` bytes that are there gets a new one.
 */
export function assignPlaces(
  lifetimes: Lifetime[],
  { alignment, largest }: { alignment: number; largest: number },
): { places: ArenaPlace[]; bufferBytes: number[] } {
  const places: ArenaPlace[] = new Array(lifetimes.length)
  const buffers: number[][] = [] // of each, the indices by ascending offset
  const bySize = lifetimes.map((_, index) => index).sort((a, b) => lifetimes[b].bytes - lifetimes[a].bytes)
  const align = (bytes: number) => Math.ceil(bytes / alignment) * alignment
  const end = (index: number) => align(places[index].offset + lifetimes[index].bytes)
  const lowestOffset = (placed: number[], { bytes, first, last }: Lifetime) => {
    let offset = 0
    for (const other of placed) {
      if (lifetimes[other].last < first || lifetimes[other].first > last) continue
      if (offset + bytes <= places[other].offset) break
      offset = Math.max(offset, end(other))
    }
    return offset
  }
  for (const index of bySize) {
    const lifetime = lifetimes[index]
    const fits = (placed: number[]) => align(lowestOffset(placed, lifetime) + lifetime.bytes) <= largest
    const found = buffers.findIndex(fits)
    const buffer = found < 0 ? buffers.push([]) - 1 : found
    const placed = buffers[buffer]
    const offset = lowestOffset(placed, lifetime)
    places[index] = { buffer, offset }
    const at = placed.findIndex(other => places[other].offset > offset)
    placed.splice(at < 0 ? placed.length : at, 0, index)
  }
  return { places, bufferBytes: buffers.map(placed => Math.max(...placed.map(end))) }
}
