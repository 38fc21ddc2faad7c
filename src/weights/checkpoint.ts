import { checkpointFormat, inFile, unwrapped } from './checkpoint_format.ts'
import { readPth } from './pth.ts'
import { readSafetensors } from './safetensors.ts'
import type { StateDict } from './tensor.ts'

/**
 * Reads a checkpoint of any supported format. The content determines the format, not the name. Wrappers' prefixes, such as DataParallel's, are removed.
 * Every UserError begins with `fileName`.
 */
export function readCheckpoint(bytes: Uint8Array, fileName: string): StateDict {
  try {
    const read = checkpointFormat(bytes) === 'safetensors' ? readSafetensors : readPth
    return unwrapped(read(bytes))
  } catch (error) {
    throw inFile(fileName, error)
  }
}
