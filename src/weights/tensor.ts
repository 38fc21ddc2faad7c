/** Floats are converted to f32. Integers keep the file's type, and a bool is a byte. */
export type TensorValues = Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array

/** A tensor in host memory, in the layout of its source (PyTorch: OIHW for convolutions, [c] for vectors). */
export interface HostTensor {
  /** The dtype in the file, except f32 for f64. */
  dtype: 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool'
  shape: readonly number[]
  data: TensorValues
}

/** A checkpoint's tensors by name, in file order. */
export type StateDict = Map<string, HostTensor>
