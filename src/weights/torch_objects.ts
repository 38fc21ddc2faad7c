import { UserError } from '../errors.ts'
import { BYTES_PER_ELEMENT, elementCount, MAX_AXES, readAs, type StoredDtype, widen } from './dtype.ts'
import { PLAIN_GLOBALS } from './plain_globals.ts'
import type { HostTensor, TensorValues } from './tensor.ts'
import { PickleGlobal, type PickleValue, unpickle } from './unpickler.ts'

/** The elements that tensors view. Its bytes are stored outside the pickle; the reader of the container sets them. */
export class TorchStorage {
  bytes: Uint8Array = new Uint8Array()
  private widened?: TensorValues

  constructor(
    readonly dtype: StoredDtype,
    readonly length: number,
  ) {}

  get byteLength(): number {
    return this.length * BYTES_PER_ELEMENT[this.dtype]
  }

  /** Converted once for all tensors that share them. */
  get elements(): TensorValues {
    this.widened ??= widen(this.bytes, this.dtype)
    return this.widened
  }
}

/** A strided view of a storage, as the file describes it; `shape`, `strides` and `offset` count elements. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get size(): number {
    return elementCount(this.shape)
  }

  /** Whether all elements are inside the storage. */
  fits(): boolean {
    if (this.size === 0) return true
    const last = this.shape.reduce((index, n, axis) => index + (n - 1) * this.strides[axis], this.offset)
    return last < this.storage.length
  }

  /**
   * The tensor in row-major order: a view of its storage if it is contiguous, else a copy. All its elements must be inside the
   * storage.
   */
  read(): HostTensor {
    const { dtype, elements } = this.storage
    const data = this.isContiguous() ? elements.subarray(this.offset, this.offset + this.size) : gather(this)
    return { dtype: readAs(dtype), shape: this.shape, data }
  }

  private isContiguous(): boolean {
    let stride = 1
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      // The stride of an axis with one element is never used.
      if (this.shape[axis] !== 1 && this.strides[axis] !== stride) return this.size === 0
      stride *= this.shape[axis]
    }
    return true
  }
}

function gather(tensor: TorchTensor): TensorValues {
  const { shape, strides, size } = tensor
  const { elements } = tensor.storage
  const out = new (elements.constructor as new (length: number) => TensorValues)(size)
  const index = new Array<number>(shape.length).fill(0)
  let position = tensor.offset
  for (let i = 0; i < size; i++) {
    out[i] = elements[position]
    // Counts like an odometer: an index that reaches its limit returns to 0 and carries.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]
      if (++index[axis] < shape[axis]) break
      position -= shape[axis] * strides[axis]
      index[axis] = 0
    }
  }
  return out
}

const STORAGE_DTYPES: Record<string, StoredDtype> = {
  'torch.DoubleStorage': 'f64',
  'torch.FloatStorage': 'f32',
  'torch.HalfStorage': 'f16',
  'torch.BFloat16Storage': 'bf16',
  'torch.LongStorage': 'i64',
  'torch.IntStorage': 'i32',
  'torch.ShortStorage': 'i16',
  'torch.CharStorage': 'i8',
  'torch.ByteStorage': 'u8',
  'torch.BoolStorage': 'bool',
}

/** The globals for tensors, and for the dicts that hold them. */
const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map(
  [
    ...PLAIN_GLOBALS,
    new PickleGlobal('torch._utils._rebuild_tensor_v2', rebuildTensor),
    new PickleGlobal('torch._utils._rebuild_parameter', ([tensor]) => tensor ?? null),
    ...Object.keys(STORAGE_DTYPES).map(name => new PickleGlobal(name)),
  ].map(global => [global.name, global]),
)

/** Arguments: storage, offset, shape, strides; then requires_grad, which is ignored. */
function rebuildTensor([storage, offset, shape, strides]: PickleValue[]): TorchTensor {
  const isTensor =
    storage instanceof TorchStorage &&
    isSize(offset) &&
    isArrayOfSizes(shape) &&
    isArrayOfSizes(strides) &&
    shape.length === strides.length
  if (!isTensor) throw damaged('a tensor')
  if (shape.length > MAX_AXES)
    throw new UserError(`PyTorch file: a tensor has ${shape.length} axes; at most ${MAX_AXES} are supported`)
  return new TorchTensor(storage, offset, shape, strides)
}

/** Runs the pickle at the start of `bytes`. `storages` holds the storages that it mentions, by key, still without their bytes. */
export function unpickleTorch(bytes: Uint8Array): {
  value: PickleValue
  storages: Map<string, TorchStorage>
  length: number
} {
  const storages = new Map<string, TorchStorage>()
  const persistentLoad = (id: PickleValue) => findStorage(storages, id)
  return { ...unpickle(bytes, { globals: TORCH_GLOBALS, persistentLoad }), storages }
}

/** `id` is ('storage', type, key, device, number of elements) and, in the legacy container, null or a view. */
function findStorage(storages: Map<string, TorchStorage>, id: PickleValue): TorchStorage {
  if (!Array.isArray(id)) throw damaged('a storage')
  const [kind, type, key, , length, view = null] = id
  const dtype = type instanceof PickleGlobal ? STORAGE_DTYPES[type.name] : undefined
  if (kind !== 'storage' || !dtype || typeof key !== 'string' || !isSize(length)) throw damaged('a storage')
  if (view !== null) throw new UserError('PyTorch file: storages that are views of others are not supported')
  const storage = storages.get(key) ?? new TorchStorage(dtype, length)
  if (storage.dtype !== dtype || storage.length !== length) throw damaged('a storage')
  storages.set(key, storage)
  return storage
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isArrayOfSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize)
}

function damaged(what: string): UserError {
  return new UserError(`PyTorch file: the description of ${what} is damaged`)
}
