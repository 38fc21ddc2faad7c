/**
 * In Node: a model that loads itself, photos and masks as files, datasets, training and evaluation.
 * @module atrous
 */

export * from '../library/index.ts'
export { checkDataset } from './datasets/check.ts'
export type { FileDataset, FilePhotos } from './datasets/file_dataset.ts'
export { openDataset } from './datasets/open.ts'
export { openPhotos } from './datasets/photos.ts'
export { DeepLab, type SegmentAllOptions, type SegmentManyOptions } from './deeplab.ts'
export { type OpenGpuOptions, openGpu } from './gpu/dawn.ts'
export { type ReadImageOptions, readImage } from './images/image.ts'
export type { ImageSource } from './images/image_source.ts'
export type { LoadOptions, WeightsSource } from './load_options.ts'
export type { OverlayOptions } from './overlay/overlay.ts'
export type { CutoutOptions, Segmentation } from './segmentation.ts'
export { Trainer } from './training/trainer.ts'
export type { WeightsOptions } from './weights.ts'
export type { SaveOptions } from './write_model.ts'

// Globals that the declarations mention. In a program without the types of the DOM, Node, WebGPU or ES2026 they are these empty
// ones. In a program with these types they merge with them, since interfaces of one name merge.
declare global {
  interface AbortSignal {}
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
