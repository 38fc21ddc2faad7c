// Objects of either platform from which photos and weights are read, by what is used of them, and their bytes.

/** A Blob, a File, or another object with the same method, such as a Response. */
export interface BlobLike {
  arrayBuffer(): Promise<ArrayBuffer>
}

/** A URL object. */
export interface UrlLike {
  readonly href: string
}

/** The name of a typed array's class, whatever its own properties say; undefined for anything else. */
const typedArrayName: (value: unknown) => string | undefined = Function.prototype.call.bind(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!,
)

export const isUint8Array = (value: unknown): value is Uint8Array => typedArrayName(value) === 'Uint8Array'

export const isUint8ClampedArray = (value: unknown): value is Uint8ClampedArray =>
  typedArrayName(value) === 'Uint8ClampedArray'

const isDataView = (value: unknown): value is DataView =>
  ArrayBuffer.isView(value) && typedArrayName(value) === undefined

const isSharedMemory = (value: unknown): value is SharedArrayBuffer =>
  typeof SharedArrayBuffer !== 'undefined' && hasBytes(SharedArrayBuffer.prototype, value)

/** Whether a value is an ArrayBuffer or a SharedArrayBuffer. */
export const isAnyArrayBuffer = (value: unknown): value is ArrayBuffer | SharedArrayBuffer =>
  hasBytes(ArrayBuffer.prototype, value) || isSharedMemory(value)

/** Whether the getter `byteLength` of a class accepts the value: it does so for the class's own objects alone. */
function hasBytes(prototype: object, value: unknown): boolean {
  try {
    Object.getOwnPropertyDescriptor(prototype, 'byteLength')!.get!.call(value)
    return true
  } catch {
    return false
  }
}

/** The bytes of a Uint8Array, a DataView, an ArrayBuffer or a SharedArrayBuffer; undefined for any other value. */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (isAnyArrayBuffer(value)) return unshared(new Uint8Array(value))
  if (!isUint8Array(value) && !isDataView(value)) return undefined
  return unshared(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
}

/** Copies shared memory: decoders do not accept memory that another thread may change. */
export const unshared = (bytes: Uint8Array): Uint8Array =>
  isSharedMemory(bytes.buffer) ? bytes.slice() : bytes
