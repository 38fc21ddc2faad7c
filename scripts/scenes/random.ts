// The random numbers of a scene: one sequence from one seed.

export interface Random {
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Uniform among low … high. */
  integer(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** A point on the unit circle: the sine and cosine of a uniform angle, without either. */
  onCircle(): readonly [number, number]
}

/** mulberry32 from any 32-bit seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number) => low + (high - low) * next()
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    between,
    integer,
    chance: probability => next() < probability,
    pick: items => items[integer(0, items.length - 1)],
    onCircle() {
      for (;;) {
        const [x, y] = [between(-1, 1), between(-1, 1)]
        const squared = x * x + y * y
        if (squared > 0.01 && squared <= 1) return [x / Math.sqrt(squared), y / Math.sqrt(squared)]
      }
    },
  }
}
