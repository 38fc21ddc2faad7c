// What a process that compiles is asked, and what it tells.

export interface Job {
  /** The source tree. */
  tree: string
  /** Where the layer and the process write. */
  out: string
  /** A backbone, a preset or a folder, as `atrous bench` takes it. */
  model: string
  outputStride?: number
  /** Of the photo, in pixels. */
  size: number
  precision?: 'fp16'
  training?: { cropSize: number; batchSize: number; microBatchSize?: number }
  /** The name of a shader: only its kernels. */
  kernel?: string
  /** A choice for the convolutions whose strategy it names, such as `conv2d_tiled 4×8 of 64×64, depth 16`. */
  force?: string
}

export interface CompiledPipeline {
  /** By which the layer's file is named; negative if the driver was not reached. */
  number: number
  shader: string
  constants: Record<string, number>
  stored?: 'f16'
  /** What was compiled. */
  wgsl: string
  /** Why there is no pipeline. */
  error?: string
}

export interface CompiledStep {
  label: string
  pipeline: number
  workgroups: number
  params: Record<string, number>
  macs: number
  /** That the kernel moves at least. Default: what its instructions load and store. */
  bytes?: number
  /** What averages.ts does not know. */
  averages?: Record<string, number>
}

export interface Compiled {
  /** As Dawn names it. */
  adapter: string
  /** With its version. */
  driver: string
  pipelines: CompiledPipeline[]
  steps: CompiledStep[]
}
