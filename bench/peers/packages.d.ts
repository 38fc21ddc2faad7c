// Declarations for the parts of the peers' packages that the engines use. The packages are large and installed only if this bench
// runs. These declarations take precedence over the packages' own, so that the engines are type-checked everywhere.

declare module 'onnxruntime-node' {
  export class Tensor {
    constructor(type: 'float32', data: Float32Array, dims: readonly number[])
    readonly data: Float32Array
  }
  export class InferenceSession {
    static create(
      path: string,
      options: { executionProviders: readonly string[]; logSeverityLevel: 0 | 1 | 2 | 3 | 4 },
    ): Promise<InferenceSession>
    readonly inputNames: readonly string[]
    readonly outputNames: readonly string[]
    run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
  }
}

declare module '@tensorflow/tfjs-core' {
  type Shape4D = [number, number, number, number]
  export interface Tensor4D {
    data(): Promise<Float32Array>
    dispose(): void
  }
  export function setBackend(name: string): Promise<boolean>
  export function tensor4d(values: Float32Array, shape: Shape4D): Tensor4D
  export function tidy<Result>(work: () => Result): Result
  export function transpose(tensor: Tensor4D, permutation: number[]): Tensor4D
  export function conv2d(
    input: Tensor4D,
    filter: Tensor4D,
    strides: number,
    padding: 'same' | 'valid',
    dataFormat: 'NHWC',
    dilations: number,
  ): Tensor4D
}

declare module '@tensorflow/tfjs-backend-webgpu' {}
