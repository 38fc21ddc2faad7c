/** A tensor in host memory, in its source's own layout (PyTorch: OIHW for convolutions, [c] for vectors). */
export interface HostTensor {
  /** How the file stores it. `data` is always widened: f16, bf16 and f32 to Float32Array, i64 to BigInt64Array. */
  dtype: 'f32' | 'f16' | 'bf16' | 'i64'
  shape: readonly number[]
  data: Float32Array | BigInt64Array
}

/** A checkpoint's tensors by name, in file order. */
export type StateDict = Map<string, HostTensor>
