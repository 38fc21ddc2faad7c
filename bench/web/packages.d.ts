// Declarations for the parts of the peers' packages that the pages use. The packages are large and installed only if this bench
// runs. These declarations take precedence over the packages' own, so that the pages are type-checked everywhere.

declare module 'onnxruntime-web/webgpu' {
  export class Tensor {
    constructor(type: 'float32', data: Float32Array, dims: readonly number[])
    readonly data: Float32Array
    readonly dims: readonly number[]
  }
  export class InferenceSession {
    static create(
      url: string,
      options: { executionProviders: readonly string[]; logSeverityLevel: 0 | 1 | 2 | 3 | 4 },
    ): Promise<InferenceSession>
    run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>
  }
  export const env: { wasm: { wasmPaths: string } }
}

declare module 'onnxruntime-web/wasm' {
  export { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
}

declare module '@huggingface/transformers' {
  export class RawImage {
    constructor(data: Uint8ClampedArray, width: number, height: number, channels: 4)
    rgb(): RawImage
  }
  interface Outputs {
    logits: object
  }
  export const AutoModel: {
    from_pretrained(
      name: string,
      options: { dtype: 'fp32'; device: 'webgpu' },
    ): Promise<(inputs: object) => Promise<Outputs>>
  }
  interface Processor {
    (image: RawImage): Promise<object>
    readonly image_processor: {
      post_process_semantic_segmentation(
        outputs: Outputs,
        sizes: [height: number, width: number][],
      ): { segmentation: { data: ArrayLike<number> } }[]
    }
  }
  export const AutoProcessor: { from_pretrained(name: string): Promise<Processor> }
  export const env: {
    allowLocalModels: boolean
    allowRemoteModels: boolean
    localModelPath: string
    backends: { onnx: { wasm: { wasmPaths: string } } }
  }
}
