// `import … from 'atrous'` in Node.

export type { ClassShare } from '../data/class_share.ts'
export type { Image } from '../data/image.ts'
export { UserError } from '../errors.ts'
export { DeviceLostError, NoAdapterError, OutOfMemoryError } from '../gpu/errors.ts'
export type { Gpu } from '../gpu/gpu.ts'
export type { DeepLabConfig, DeepLabOptions } from '../model/config.ts'
export { type Preset, preset, presets } from '../model/presets.ts'
export { openGpu } from './dawn.ts'
export { DeepLab, type ImageSource, type OpenOptions, type SegmentOptions } from './deeplab.ts'
export { readImage } from './image.ts'
export type { Segmentation } from './segmentation.ts'
