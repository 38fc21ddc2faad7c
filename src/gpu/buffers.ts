// The usages and sizes with which buffers and textures are made.

/** GPUBufferUsage, with the numbers of the specification: Node has no such global. */
export const usage = {
  mapRead: 1,
  copySource: 4,
  copyDestination: 8,
  uniform: 64,
  storage: 128,
  queryResolve: 512,
}

/** Bytes of the placeholder for each binding: WebGPU's largest alignment of offsets. */
export const PLACEHOLDER_BYTES = 256

/** GPUTextureUsage, likewise. */
export const textureUsage = { copyDestination: 2, storage: 8 }
