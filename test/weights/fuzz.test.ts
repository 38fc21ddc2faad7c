import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UserError } from '../../src/errors.ts'
import { readCheckpoint } from '../../src/weights/checkpoint.ts'
import { readPth } from '../../src/weights/pth.ts'
import { writeSafetensors } from '../../src/weights/safetensors.ts'
import { damageBytes, seededRandom } from '../support/mutants.ts'

const golden = (name: string) => new Uint8Array(readFileSync(new URL(`golden/${name}`, import.meta.url)))

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
        const damaged = damageBytes(bytes, random)
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
