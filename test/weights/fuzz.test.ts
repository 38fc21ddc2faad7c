import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import { readPth } from '../../src/weights/pth.ts'
import { writeSafetensors } from '../../src/weights/safetensors.ts'

const golden = (name: string) => new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)))

/** Numbers in [0, 1), the same on every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A copy with a few bytes changed, some of them to the ends of their range, and now and then cut short. */
function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = bytes.slice(0, random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length)
  const changes = 1 + Math.floor(random() * 4)
  for (let i = 0; i < changes; i++) {
    copy[Math.floor(random() * copy.length)] = [0, 0xff, Math.floor(random() * 256)][Math.floor(random() * 3)]
  }
  return copy
}

describe('damaged checkpoints', () => {
  const files: [name: string, bytes: Uint8Array][] = [
    ['zip.pth', golden('zip.pth')],
    ['legacy.pth', golden('legacy.pth')],
    ['zip_protocol_4.pth', golden('zip_protocol_4.pth')],
    ['model.safetensors', writeSafetensors(readPth(golden('zip.pth')))],
  ]
  for (const [name, bytes] of files) {
    it(`${name}: 2000 of them are read or refused, fast and in bounded memory`, () => {
      const random = seededRandom(1)
      for (let round = 0; round < 2000; round++) {
        const damaged = damage(bytes, random)
        const begin = performance.now()
        let elements = 0
        try {
          for (const { data } of readCheckpoint(damaged, name).values()) elements += data.length
        } catch (error) {
          if (!(error instanceof UserError)) throw new Error(`round ${round}`, { cause: error })
          expect(error.message).not.to.match(/\n|undefined|NaN/)
        }
        expect(performance.now() - begin, `round ${round}: milliseconds`).to.be.below(1000)
        expect(elements, `round ${round}: elements`).to.be.at.most(bytes.length)
      }
    })
  }
})
