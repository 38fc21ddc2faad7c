// A program that shares the device, with the types of WebGPU.

import { DeepLab, openGpu } from 'atrous'

const gpu = await openGpu()
export const model = await DeepLab.load('scenes', { gpu })
export const buffer: GPUBuffer = gpu.device.createBuffer({ size: 16, usage: 8 })
export const largest: number = gpu.limits.maxBufferSize
export const vendor: string = gpu.info.vendor
