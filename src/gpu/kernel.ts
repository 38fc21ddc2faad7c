// A kernel is a plain value: which shader, with which constants and parameters, over which buffers and grid.
// Pure functions in src/kernels make them from shapes; they neither allocate nor submit.

import type { ShaderName } from './shaders.gen.ts'

export interface Kernel {
  label: string
  /** The .wgsl file, without its ending. */
  shader: ShaderName
  /** `const` lines added to the text, for what `override` cannot do: register tile sizes. */
  consts?: Record<string, number>
  /** What the shader's type `Stored` is: see `storedAsFloat16`. Default: f32. */
  stored?: 'f16'
  /** Values of the shader's `override`s. */
  constants?: Record<string, number>
  /** One value for each field of the shader's `struct Params`. */
  params: Record<string, number>
  /**
   * Bytes of each storage buffer that is read, by its name in the shader; 0 where the parameters leave it unread. Shaders
   * declare those that may lie in a plan's arena `read_write` all the same: outputs lie there too, and WebGPU forbids a
   * buffer to be read-only and writable in one dispatch.
   */
  inputs: Record<string, number>
  /** Bytes of each storage buffer that is written, by its name in the shader; 0 where the parameters leave it alone. */
  outputs: Record<string, number>
  /** Number of workgroups. The grid is one-dimensional; `foldGrid` folds it where a dimension of WebGPU's would overflow. */
  workgroups: number
  /** Multiply-adds, for benches and `explain()`. */
  macs?: number
  /** Bytes that it reads and writes of a buffer, by its name, where those are not all of it once. */
  traffic?: Record<string, number>
}

/** Bytes that a kernel has to move at least: each once, as if caches were perfect. */
export function trafficOf({ inputs, outputs, traffic }: Kernel): number {
  const bytes = Object.values({ ...inputs, ...outputs, ...traffic })
  return bytes.reduce((sum, size) => sum + size, 0)
}

/**
 * The dispatch for a one-dimensional grid of `count` workgroups, at most `limit` (65 535) to a dimension. The shader
 * computes its index as `group.y * groups.x + group.x` and must ignore the few past the end.
 */
export function foldGrid(count: number, limit: number): [x: number, y: number] {
  if (count <= limit) return [count, 1]
  const rows = Math.ceil(count / limit)
  return [Math.ceil(count / rows), rows]
}
