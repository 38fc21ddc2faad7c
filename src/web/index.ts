/**
 * In browsers: a model that loads itself, photos from a page, a camera or a canvas, training and evaluation.
 * @module atrous
 */

export type { CheckOptions, DatasetProblem, DatasetReport } from '../data/check.ts'
export type { ClassShare } from '../data/class_share.ts'
export { type Dataset, IGNORE_INDEX, type LabelledImage, type Labels } from '../data/dataset.ts'
export type { Image } from '../data/image.ts'
export type { Colour } from '../data/palette.ts'
export { BadImageError, UserError } from '../errors.ts'
export { DeviceLostError, NoAdapterError, OutOfMemoryError } from '../gpu/errors.ts'
export type { DeviceRequest, Gpu } from '../gpu/gpu.ts'
export type { TunedConvolution, TuneOptions, TuneProgress } from '../graph/tune/tune.ts'
export type { OutputOptions, SegmentOutput } from '../inference/class_map.ts'
export type { ScoreMap } from '../inference/class_scores.ts'
export type { InferenceOptions } from '../inference/inference_options.ts'
export type { GpuClassMap, GpuPhoto, Photo, PhotoSize } from '../inference/segmenter.ts'
export type { Precision } from '../kernels/layout.ts'
export type { DeepLabBase } from '../library/deeplab_base.ts'
export type { DownloadProgress } from '../library/download_progress.ts'
export type { FileLike, WeightsInMemory } from '../library/found_weights.ts'
export type { Model } from '../library/model_files.ts'
export type { CreateOptions, OpenOptions, SeedOptions } from '../library/open_options.ts'
export type { DrawOptions, MaskPngOptions } from '../library/overlay_options.ts'
export type { TintOptions } from '../library/overlay_tint.ts'
export type { Size } from '../library/photo_size.ts'
export type { Pixels } from '../library/pixels.ts'
export type {
  ManyPhotosOptions,
  SegmentOptions,
  SegmentProgress,
  TunePhotoOptions,
  WarmUpOptions,
} from '../library/segment_options.ts'
export type { ClassScores, ScoresOf, SegmentationBase } from '../library/segmentation_base.ts'
export type { BlobLike, UrlLike } from '../library/sources.ts'
export type { ResumeOptions, TrainerBase, TrainerOptions, TrainingStep } from '../library/trainer_base.ts'
export type * from '../model/backbones/configs.ts'
export type { Preprocessing } from '../model/preprocessing.ts'
export { type Inference, type Preset, preset, presets } from '../model/presets.ts'
export { deepLabOnnx, type OnnxExportOptions } from '../onnx/export.ts'
export { Lesson } from '../teach/lesson.ts'
export type { LessonModel, LessonOptions, LessonStep, LessonTraining } from '../teach/lesson_options.ts'
export {
  type EvaluatedImage,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type SegmentationModel,
} from '../train/evaluate.ts'
export type { Recipe } from '../train/recipe.ts'
export { HARD_CLASSES } from '../train/sampler.ts'
export type { TrainingOptions } from '../train/training_options.ts'
export type { RegistryEntry, RegistryFile } from '../weights/registry.ts'
export { checkDataset } from './check_dataset.ts'
export { DeepLab, type SegmentManyOptions } from './deeplab.ts'
export type { Drawable } from './drawable.ts'
export type { FrameSource } from './frames/frame_source.ts'
export { MaskReader } from './frames/mask_reader.ts'
export { Painter, type Painting } from './frames/painter.ts'
export type { StreamFrame, StreamOptions } from './frames/stream.ts'
export type { Canvas } from './frames/surface.ts'
export { type OpenGpuOptions, openGpu } from './gpu.ts'
export type { LoadOptions, WeightsOptions, WeightsSource } from './load_options.ts'
export type { GpuSegmentation, OnGpuOptions } from './on_gpu.ts'
export type { ImageSource } from './photo_source.ts'
export { type ReadImageOptions, readImage } from './read_image.ts'
export type { ImageDataOptions, Segmentation } from './segmentation.ts'
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
