/**
 * In browsers: a model that loads itself, photos from a page, a camera or a canvas, training and evaluation.
 * @module atrous
 */

export * from '../library/index.ts'
export { checkDataset } from './check_dataset.ts'
export { DeepLab, type SegmentAllOptions, type SegmentManyOptions } from './deeplab.ts'
export type { Drawable } from './drawable.ts'
export { type CutoutFrame, FrameCutout, type FrameCutoutOptions } from './frames/frame_cutout.ts'
export type { FrameSource } from './frames/frame_source.ts'
export { MaskReader } from './frames/mask_reader.ts'
export { Painter, type Painting } from './frames/painter.ts'
export type { Canvas } from './frames/surface.ts'
export { type OpenGpuOptions, openGpu } from './gpu.ts'
export type { LoadOptions, WeightsOptions, WeightsSource } from './load_options.ts'
export type { GpuSegmentation } from './on_gpu.ts'
export type { OnGpuOptions, StreamFrame, StreamOptions } from './on_gpu_options.ts'
export { type ImageSource, type ReadImageOptions, readImage } from './photo_source.ts'
export type { CutoutOptions, ImageDataOptions, Segmentation } from './segmentation.ts'
export { Trainer } from './trainer.ts'

// Globals that the declarations mention. In a program without the types of WebGPU or ES2026 they are these empty ones. In a program
// with these types they merge with them, since interfaces of one name merge.
declare global {
  interface GPU {}
  interface GPUAdapterInfo {}
  interface GPUBindGroupLayout {}
  interface GPUBuffer {}
  interface GPUCommandEncoder {}
  interface GPUComputePipeline {}
  interface GPUDevice {}
  interface GPUSupportedLimits {}
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol
  }
}
