import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { allFinite } from './all_finite.ts'
import { stripDataParallel } from './names.ts'
import { isZip, readPth } from './pth.ts'
import { readSafetensors } from './safetensors.ts'
import type { HostTensor, StateDict } from './tensor.ts'

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

/**
 * Reads a checkpoint of any supported format. The content determines the format, not the name. DataParallel's prefix is removed.
 * Every UserError begins with `fileName`.
 */
export function readCheckpoint(bytes: Uint8Array, fileName: string): StateDict {
  try {
    const read = checkpointFormat(bytes) === 'safetensors' ? readSafetensors : readPth
    return stripDataParallel(read(bytes))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${fileName}: ${error.message}`, { cause: error })
  }
}

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

/** A parameter of the model: its name and shape in checkpoints. */
export interface ExpectedParameter {
  name: string
  shape: readonly number[]
}

export interface MatchOptions {
  /** The file of the tensors, for errors. */
  source: string
  model: string
  /** Tensors of the checkpoint that may remain unused. `num_batches_tracked` always may. */
  ignore?: (name: string) => boolean
}

/** The tensors of a checkpoint do not match the model. `message` shortens the lists. */
export class CheckpointMismatch extends UserError {
  override name = 'CheckpointMismatch'

  constructor(
    { source, model }: MatchOptions,
    readonly missing: string[],
    readonly unexpected: string[],
    readonly misshapen: string[],
  ) {
    const kinds: [string, string[]][] = [
      ['missing', missing],
      ['unexpected', unexpected],
      ['mis-shaped', misshapen],
    ]
    const present = kinds.filter(([, names]) => names.length > 0)
    const counts = present.map(([kind, names]) => `${names.length} ${kind}`).join(', ')
    const lists = present.map(([kind, names]) => `  ${kind}: ${abbreviate(names)}`)
    super([`${source} is not a checkpoint of ${model}: ${counts}`, ...lists].join('\n'))
  }
}

/**
 * The tensors that the model needs, in the order of `expected`. Throws one CheckpointMismatch with all missing, unexpected and
 * wrongly shaped tensors, and a UserError if a tensor holds integers.
 */
export function matchParameters(
  stateDict: StateDict,
  expected: readonly ExpectedParameter[],
  options: MatchOptions,
): Map<string, Float32Array> {
  const needed = new Map(expected.map(({ name, shape }) => [name, shape]))
  const missing = [...needed.keys()].filter(name => !stateDict.has(name))
  const unexpected = [...stateDict.keys()].filter(name => !needed.has(name) && !mayBeUnused(name, options))
  const found = [...needed.keys()].filter(name => stateDict.has(name))
  const misshapen = found
    .filter(name => !sameShape(stateDict.get(name)!.shape, needed.get(name)!))
    .map(
      name => `${name} ${shapeText(stateDict.get(name)!.shape)} instead of ${shapeText(needed.get(name)!)}`,
    )
  if (missing.length + unexpected.length + misshapen.length > 0) {
    throw new CheckpointMismatch(options, missing, unexpected, misshapen)
  }
  return new Map(found.map(name => [name, floats(stateDict.get(name)!, name, options)]))
}

function floats({ data, dtype }: HostTensor, name: string, { source }: MatchOptions): Float32Array {
  if (data instanceof Float32Array) return data
  throw new UserError(`${source}: tensor "${printable(name)}" is of ${dtype}; expected floats`)
}

/** Throws a UserError that names the tensor for non-finite values and for negative variances. */
export function checkValues(parameters: ReadonlyMap<string, Float32Array>, source: string): void {
  for (const [name, values] of parameters) {
    const fail = (what: string) => new UserError(`${source}: tensor "${printable(name)}" ${what}`)
    if (!allFinite(values)) {
      const count = values.reduce((sum, value) => sum + Number(!Number.isFinite(value)), 0)
      throw fail(`has ${count} of ${values.length} values that are not finite numbers`)
    }
    if (name.endsWith('running_var') && values.some(value => value < 0)) throw fail('has a negative variance')
  }
}

function mayBeUnused(name: string, { ignore }: MatchOptions): boolean {
  return name.endsWith('num_batches_tracked') || (ignore?.(name) ?? false)
}

function sameShape(a: HostTensor['shape'], b: HostTensor['shape']): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis])
}

function shapeText(shape: HostTensor['shape']): string {
  return `[${shape.join(', ')}]`
}

/** All names of a short list; the first 8 names of a long one, with the number of the others. */
function abbreviate(names: string[]): string {
  const shown = names
    .slice(0, 8)
    .map(name => printable(name))
    .join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}
