// A program that shares the device, where the types of WebGPU are known.

import { DeepLab, openGpu } from 'atrous'

const gpu = await openGpu()
export const model = await DeepLab.load('scenes', { gpu })
export const buffer: GPUBuffer = gpu.device.createBuffer({ size: 16, usage: 8 })
export const largest: number = gpu.limits.maxBufferSize
export const vendor: string = gpu.info.vendor
