// Damaged copies of files, the same ones in every run of a seed.

/** Numbers in [0, 1), the same on every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 to below `end`. */
export const below = (end: number, random: () => number): number => Math.floor(random() * end)

export const pick = <T>(choices: readonly T[], random: () => number): T =>
  choices[below(choices.length, random)]

/** A copy with a few bytes changed, some of them to the ends of their range, and now and then cut short. */
export function damageBytes(bytes: Uint8Array, random: () => number): Uint8Array {
  // Not bytes.slice(): a Node Buffer's slice is a view.
  const copy = new Uint8Array(bytes.subarray(0, random() < 0.2 ? below(bytes.length, random) : bytes.length))
  const changes = 1 + below(4, random)
  for (let i = 0; i < changes; i++)
    copy[below(copy.length, random)] = pick([0, 0xff, below(256, random)], random)
  return copy
}

/** Values that a careless reader of JSON stumbles over. */
const ODD_VALUES = [
  null,
  true,
  '',
  'text',
  '\u001b[31mred\u0007',
  '__proto__',
  -1,
  0,
  0.5,
  1e9,
  2 ** 31,
  2 ** 53,
  1e308,
  [],
  {},
  [0, 0, 0],
  [null],
  [[1e9]],
  { length: 1e9 },
]

/** A deep copy of a JSON value in which one to three fields or items are removed, repeated or replaced by an odd value. */
export function damageJson(value: unknown, random: () => number): unknown {
  const copy = structuredClone(value)
  const changes = 1 + below(3, random)
  for (let i = 0; i < changes; i++) {
    const holders = containersIn(copy)
    if (holders.length === 0) return pick(ODD_VALUES, random)
    const holder = pick(holders, random)
    const keys = Object.keys(holder)
    const key = keys.length > 0 ? pick(keys, random) : '0'
    const action = random()
    if (action < 0.2) delete holder[key]
    else if (action < 0.3) holder[`${key}x`] = holder[key]
    else holder[key] = structuredClone(pick(ODD_VALUES, random))
  }
  return copy
}

/** The text of a damaged JSON value; now and then the text is damaged instead, or cut short. */
export function damageJsonFile(value: unknown, random: () => number): Uint8Array {
  const encode = (each: unknown) => new TextEncoder().encode(JSON.stringify(each, undefined, 1))
  return random() < 0.2 ? damageBytes(encode(value), random) : encode(damageJson(value, random))
}

/** Every object and list within a JSON value, itself included. */
function containersIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(containersIn)]
}
