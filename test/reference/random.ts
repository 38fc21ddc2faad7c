/**
 * Seeded uniform numbers in [0, 1): the mulberry32 generator (Tommy Ettinger, public domain). The state is a 32-bit
 * counter that steps by an odd constant; each output is that counter, scrambled. Small, and the same on every machine.
 */
export function randomSource(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` numbers uniform in (−scale, scale), rounded to float32 so that the GPU is given exactly the same ones. */
export function randomValues(count: number, seed: number, scale = 1): Float64Array {
  const next = randomSource(seed)
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = Math.fround((2 * next() - 1) * scale)
  return values
}

/** `count` places in an array of `total` elements, drawn with a seed, always with its first and its last. */
export function sampleIndices(count: number, total: number, seed: number): number[] {
  const next = randomSource(seed)
  const indices = [0, total - 1]
  while (indices.length < count) indices.push(Math.floor(next() * total))
  return indices
}
