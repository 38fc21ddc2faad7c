// A kernel is a plain value: a shader, its constants and parameters, the sizes of its buffers, and its grid.
// Pure functions in src/kernels make kernels from shapes. They neither allocate nor submit.

/**
 * WGSL with a name. Those of the package are in shaders.gen.ts, named like their files of shaders/, and are imported one by one, so
 * that a bundle has those that it uses. A caller's own follow the same conventions: see wgsl.ts.
 */
export interface Shader {
  name: string
  wgsl: string
}

export interface Kernel {
  label: string
  shader: Shader
  /**
   * Values that replace the defaults of the shader's constants, by name: tile sizes and flags, for which a pipeline is
   * compiled.
   */
  constants?: Record<string, number>
  /** The shader's type `Stored`: see `storedAsFloat16`. Default: f32. */
  stored?: 'f16'
  /**
   * Lanes of each subgroup, for a kernel that is faster with this size, or right with no other. Where it is not one of
   * `Gpu.subgroupSizes`, the kernel runs with subgroups of any size: one that needs the size is for a GPU that has it. WebGPU wants
   * the workgroup's first dimension to be a multiple of it. Default: any.
   */
  subgroupSize?: number
  /**
   * So many invocations give `uniform_in_subgroup` of the shader the same value, and so does each subgroup, if none is larger:
   * drivers number the invocations of a workgroup with one dimension in the order of their subgroups.
   */
  uniformLanes?: number
  /** One value for each field of the shader's `struct Params`. */
  params: Record<string, number>
  /**
   * Bytes of each storage buffer that is read, by its name in the shader; 0 if the parameters leave it unread. Shaders
   * declare inputs that may be in a plan's arena as `read_write`, because outputs are in the same arena: WebGPU forbids
   * a buffer to be both read-only and writable in one dispatch.
   */
  inputs: Record<string, number>
  /** Bytes of each storage buffer that is written, by its name in the shader; 0 if the parameters leave it unwritten. */
  outputs: Record<string, number>
  /**
   * Inputs that the kernel reads through a texture, which holds a copy of the buffer: see quirks/texture_reads.ts. Default: none.
   */
  textures?: readonly string[]
  /**
   * Number of workgroups. The grid is one-dimensional. `foldGrid` folds it where it is longer than WebGPU allows. A launch that
   * takes long is several dispatches, if its shader imports lib/workgroup_index.wgsl.
   */
  workgroups: number
  /** Multiply-adds, for benches and `explain()`. */
  macs?: number
  /** Bytes read and written of a buffer, by its name, where that is not the whole buffer once. */
  traffic?: Record<string, number>
}

/** The least bytes that a kernel moves: each byte once, as if caches were perfect. */
export function trafficOf({ inputs, outputs, traffic }: Kernel): number {
  const bytes = Object.values({ ...inputs, ...outputs, ...traffic })
  return bytes.reduce((sum, size) => sum + size, 0)
}

/**
 * The two-dimensional dispatch for a grid of `count` workgroups, at most `limit` (65 535) in each dimension. A shader
 * computes its index as lib/workgroup_index.wgsl does, and must ignore the few workgroups past the end.
 */
export function foldGrid(count: number, limit: number): [x: number, y: number] {
  if (count <= limit) return [count, 1]
  const rows = Math.ceil(count / limit)
  return [Math.ceil(count / rows), rows]
}
