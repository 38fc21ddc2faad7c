/** All floats are widened, or from f64 narrowed, to f32; integers are as the file has them, and a bool is a byte. */
export type TensorValues = Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array

/** A tensor in host memory, in its source's own layout (PyTorch: OIHW for convolutions, [c] for vectors). */
export interface HostTensor {
  /** How the file stores it, but f32 for f64. */
  dtype: 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool'
  shape: readonly number[]
  data: TensorValues
}

/** A checkpoint's tensors by name, in file order. */
export type StateDict = Map<string, HostTensor>
