// `readCheckpoint` for pages: the reader of PyTorch's files, a tenth of the code for inference, is loaded when a file needs it.

import { checkpointFormat, inFile, unwrapped } from './checkpoint_format.ts'
import { readSafetensors } from './safetensors.ts'
import type { StateDict } from './tensor.ts'

export async function loadCheckpoint(bytes: Uint8Array, fileName: string): Promise<StateDict> {
  try {
    if (checkpointFormat(bytes) === 'safetensors') return unwrapped(readSafetensors(bytes))
    const { readPth } = await import('./pth.ts')
    return unwrapped(readPth(bytes))
  } catch (error) {
    throw inFile(fileName, error)
  }
}
