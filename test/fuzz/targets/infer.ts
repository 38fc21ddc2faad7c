// Bodies of inference requests, in JSON and with binary data.

import { readInferRequest } from '../../../src/server/infer.ts'
import { PhotoQueue } from '../../../src/server/request.ts'
import { hostileBodies } from '../../server/hostile_bodies.ts'
import { bytesElement } from '../../server/support.ts'
import { below, damageBytes, damageJson, damageJsonFile, pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

/** Any bytes: the photos are decoded by other targets. */
const PHOTO = Buffer.from(Array.from({ length: 60 }, (_, i) => (i * 41) % 256))

const OTHERS = {
  id: 'photo-1',
  parameters: { output_stride: 8, scales: '0.5,1', flip: true, binary_data_output: true },
  outputs: [{ name: 'mask', parameters: { binary_data: false } }, { name: 'probabilities' }],
}

const request = (input: object) => ({ ...OTHERS, inputs: [{ name: 'image', ...input }] })

const JSONS = [
  request({ datatype: 'BYTES', shape: [2], data: [PHOTO, PHOTO].map(photo => photo.toString('base64')) }),
  request({ datatype: 'UINT8', shape: [4, 5, 3], data: [...PHOTO] }),
  request({ datatype: 'UINT8', shape: [1, 1, 2, 3], data: [[[[...PHOTO.subarray(0, 3)], [4, 5, 6]]]] }),
]

/** The binary data, and the request before it. */
const BINARIES: [data: Buffer, input: object][] = [
  [Buffer.concat([bytesElement(PHOTO), bytesElement(PHOTO)]), { datatype: 'BYTES', shape: [2] }],
  [PHOTO, { datatype: 'UINT8', shape: [4, 5, 3] }],
]

/** A part of the text again and again: what counts without bounds takes all memory. */
function swollen(bytes: Uint8Array, random: () => number): Uint8Array {
  const start = below(bytes.length, random)
  const part = Buffer.from(bytes.subarray(start, start + 1 + below(12, random)))
  const count = Math.floor(2 ** (8 + 12 * random()))
  const repeated = Buffer.alloc(part.length * count, part)
  return Buffer.concat([bytes.subarray(0, start), repeated, bytes.subarray(start)])
}

const read = (body: Uint8Array, jsonLength?: string) => {
  const queue = new PhotoQueue(128)
  return readInferRequest(body, { jsonLength, checkPhotos: photos => queue.check(photos) })
}

export const inferJson: FuzzTarget = {
  name: 'infer-json',
  async prepare() {
    return async random => {
      if (random() < 0.05) return read(pick(hostileBodies(2 ** 20), random).body())
      const damaged = damageJsonFile(pick(JSONS, random), random)
      return read(random() < 0.2 && damaged.length > 0 ? swollen(damaged, random) : damaged)
    }
  },
}

export const inferBinary: FuzzTarget = {
  name: 'infer-binary',
  async prepare() {
    return async random => {
      const [data, input] = pick(BINARIES, random)
      const binary = random() < 0.5 ? damageBytes(data, random) : data
      const size = random() < 0.9 ? binary.length : below(200, random)
      const whole = request({ ...input, parameters: { binary_data_size: size } })
      const json = Buffer.from(JSON.stringify(random() < 0.6 ? damageJson(whole, random) : whole))
      const length = random() < 0.9 ? json.length : pick([0, -1, 1e9, below(300, random), 'x'], random)
      const body = Buffer.concat([json, binary])
      return read(random() < 0.1 ? swollen(body, random) : body, String(length))
    }
  },
}
