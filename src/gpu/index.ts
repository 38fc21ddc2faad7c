/**
 * A device, kernels as plain values, and programs of kernels. It knows nothing of networks.
 * @module atrous/gpu
 */

export { usage } from './buffers.ts'
export { DeviceLostError, NoAdapterError, OutOfMemoryError, ShaderError } from './errors.ts'
export { storedAsFloat16, storedBuffers } from './float16_storage.ts'
export { Gpu } from './gpu.ts'
export { type Kernel, type Shader, trafficOf } from './kernel.ts'
export type { Launch, Range } from './launch.ts'
export { type KernelTime, Program, type ProgramRun } from './program.ts'
export type { DeviceRequest } from './request_gpu.ts'
export { type Bytes, type HostData, runKernel } from './run_kernel.ts'
export type { ShaderName } from './shaders.gen.ts'
