import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { allFinite } from './all_finite.ts'
import type { HostTensor, StateDict } from './tensor.ts'

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
