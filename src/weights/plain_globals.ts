// The classes and functions of Python, NumPy and PyTorch that training scripts store in a checkpoint with the weights. Containers
// become this reader's containers. Of the others only the name is kept.

import { UserError } from '../errors.ts'
import { InertObject, PickleGlobal, type PickleValue } from './unpickler.ts'

/** Types used as values and never called, such as a defaultdict's factory. Python 2 and pickle protocol 2 write `__builtin__`. */
const TYPES = [
  ...['__builtin__', 'builtins'].flatMap(module =>
    ['bool', 'bytes', 'complex', 'dict', 'float', 'int', 'list', 'long', 'object', 'str', 'tuple'].map(
      name => `${module}.${name}`,
    ),
  ),
  ...['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    name => `torch.${name}`,
  ),
  'numpy.ndarray',
]

/** Functions called for values that do not affect the weights. */
const INERT_CALLS = [
  '_codecs.encode',
  'datetime.datetime',
  'datetime.timedelta',
  'numpy.core.multiarray._reconstruct',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray._reconstruct',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  ...['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath'].map(name => `pathlib.${name}`),
  'torch.device',
]

export const PLAIN_GLOBALS: readonly PickleGlobal[] = [
  new PickleGlobal('collections.OrderedDict', newDict),
  new PickleGlobal('collections.defaultdict', () => new Map()),
  new PickleGlobal('collections.Counter', newCounter),
  ...['__builtin__', 'builtins'].flatMap(module => [
    new PickleGlobal(`${module}.set`, newList),
    new PickleGlobal(`${module}.frozenset`, newList),
  ]),
  new PickleGlobal('torch.Size', newList),
  ...TYPES.map(name => new PickleGlobal(name)),
  ...INERT_CALLS.map(name => new PickleGlobal(name, () => new InertObject(name))),
]

function newDict(args: PickleValue[]): PickleValue {
  if (args.length > 0) throw new UserError('PyTorch file: the description of an OrderedDict is damaged')
  return new Map()
}

// Both return the list or dict itself, not a copy: a small file may name a long list many times.

function newList([items]: PickleValue[]): PickleValue {
  return Array.isArray(items) ? items : []
}

function newCounter([counts]: PickleValue[]): PickleValue {
  return counts instanceof Map ? counts : new Map()
}
