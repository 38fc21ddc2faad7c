// Identifies what a photo's results depend on besides the photo.

import { createHash, type Hash } from 'node:crypto'
import type { Model } from '../../library/model_files.ts'
import { version } from '../../node/version.ts'

/** 16 hex digits of this version, the options and the model: its network, classes, preprocessing and weights. */
export function runId({ parameters, ...model }: Readonly<Model>, options: object): string {
  const hash = createHash('sha256').update(JSON.stringify([version, options, model]))
  for (const name of [...parameters.keys()].sort()) addTensor(hash.update(name), parameters.get(name)!)
  return hash.digest('hex').slice(0, 16)
}

const addTensor = (hash: Hash, { buffer, byteOffset, byteLength }: Float32Array) =>
  hash.update(new Uint8Array(buffer, byteOffset, byteLength))
