// Random numbers as a function of the place where they are used. There is no hidden state: nothing has to be saved, and nothing
// depends on the number of workers or on earlier draws.

/** The purpose of random numbers. Each purpose has its own streams under one seed. */
type Purpose = keyof typeof PURPOSES
const PURPOSES = { shuffle: 0, augment: 1, distort: 2, mix: 3 }

/**
 * Uniform numbers in [0, 1) with 32 random bits each. The same seed, purpose and place give the same numbers on every machine,
 * and any other triple gives unrelated numbers. A place is at most two numbers, such as a step and an image's index in it.
 * Seed and place are whole numbers of up to 32 bits.
 */
export function randomSource(seed: number, purpose: Purpose, ...place: [number?, number?]): () => number {
  const [first = 0, second = 0] = place
  let block = 0
  let ready: number[] = []
  return () => {
    if (ready.length === 0) ready = philox([block++, first, second, PURPOSES[purpose]], [seed, 0])
    return ready.shift()! / 2 ** 32
  }
}

/** A whole number from 0 to `below` − 1. All have the same probability, up to `below`/2³². */
export const randomInteger = (random: () => number, below: number) => Math.floor(random() * below)

/** The numbers 0 to `count` − 1 in random order (Fisher and Yates). */
export function randomOrder(random: () => number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let last = count - 1; last > 0; last--) {
    const other = randomInteger(random, last + 1)
    const moved = order[last]
    order[last] = order[other]
    order[other] = moved
  }
  return order
}

const ROUNDS = 10
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57]
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85]

type Words4 = readonly [number, number, number, number]

/**
 * Philox4x32-10, a random number generator that works like a block cipher: four random words from a 128-bit counter and a
 * 64-bit key (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). PyTorch and TensorFlow use it on GPUs.
 */
export function philox(counter: Words4, key: readonly [number, number]): number[] {
  let [a, b, c, d] = counter.map(word => word >>> 0)
  let [k0, k1] = key.map(word => word >>> 0)
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, low0] = multiply(MULTIPLIERS[0], a)
    const [high1, low1] = multiply(MULTIPLIERS[1], c)
    ;[a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0]
    k0 = (k0 + KEY_STEPS[0]) >>> 0
    k1 = (k1 + KEY_STEPS[1]) >>> 0
  }
  return [a, b, c, d]
}

/** The high and low 32 bits of a 64-bit product. The partial products of 16-bit halves stay below 2⁵³. */
function multiply(x: number, y: number): [high: number, low: number] {
  const low = (x & 0xffff) * y
  const high = (x >>> 16) * y + Math.floor(low / 2 ** 16)
  return [Math.floor(high / 2 ** 16), Math.imul(x, y) >>> 0]
}
