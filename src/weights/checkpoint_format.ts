// The kind of a checkpoint's file: its format, and the wrapper of the network in it.

import { UserError } from '../errors.ts'
import type { StateDict } from './tensor.ts'

/** The first bytes of files that are often mistaken for checkpoints, and the message for each. Text matches after white space. */
const NOT_CHECKPOINTS: [start: string, what: string][] = [
  ['<', 'a web page, not a checkpoint; the download may have led to a login or an error page'],
  ['version https://git-lfs', 'a Git LFS pointer, not the checkpoint itself; fetch it with git lfs pull'],
  ['{', 'JSON text, not a checkpoint'],
  ['\x89PNG', 'a PNG image, not a checkpoint'],
  ['\xff\xd8\xff', 'a JPEG image, not a checkpoint'],
  ['RIFF', 'a WebP image, not a checkpoint'],
  ['GIF8', 'a GIF image, not a checkpoint'],
  ['\x89HDF', 'a Keras (HDF5) file, which is not supported'],
  ['\x1f\x8b', 'a gzip archive; unpack it first'],
]

/** The format of a checkpoint, by its first bytes. Throws a UserError that says which other kind of file it is, if known. */
export function checkpointFormat(bytes: Uint8Array): 'safetensors' | 'PyTorch' {
  if (bytes.length === 0) throw new UserError('the file is empty (0 bytes)')
  if (isZip(bytes)) return 'PyTorch'
  // A safetensors header begins with a brace, after the 8 bytes of its length, which may look like a pickle.
  if (bytes[8] === 0x7b) return 'safetensors'
  if (bytes[0] === 0x80 && bytes[1] <= 5) return 'PyTorch'
  const start = String.fromCharCode(...bytes.subarray(0, 64)).trimStart()
  const known = NOT_CHECKPOINTS.find(([magic]) => start.startsWith(magic))
  throw new UserError(known?.[1] ?? 'neither a safetensors nor a PyTorch checkpoint')
}

/** Whether the file begins like a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4
}

/** An error in reading a file, with the file's name if it is a UserError. */
export const inFile = (fileName: string, error: unknown): unknown =>
  error instanceof UserError ? new UserError(`${fileName}: ${error.message}`, { cause: error }) : error

/** The prefixes that wrappers put before the names of a network's tensors: PyTorch's DataParallel and averages, Lightning, torch.compile. */
const WRAPPERS = ['module.', 'model.', '_orig_mod.']

/** The state dict without the prefixes of wrappers that all of its names have. One wrapper may hold another. */
export const unwrapped = (stateDict: StateDict): StateDict => inner(stateDict, 1)

/**
 * The network's tensors in a wrapper's state dict, without the prefix that most names have. The others are the wrapper's own, such as the
 * number of averaged models or the weights of a loss.
 */
export const networkIn = (stateDict: StateDict): StateDict => inner(stateDict, 0.6)

function inner(stateDict: StateDict, share: number): StateDict {
  for (const prefix of WRAPPERS) {
    const held = [...stateDict].filter(([name]) => name.startsWith(prefix))
    if (held.length === 0 || held.length < share * stateDict.size) continue
    return inner(new Map(held.map(([name, tensor]) => [name.slice(prefix.length), tensor])), share)
  }
  return stateDict
}
