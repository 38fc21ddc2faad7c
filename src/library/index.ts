// The exports that the libraries of Node and of browsers share.

export type { CrfOption, CrfParameters, CrfPreset } from '../crf/crf_parameters.ts'
export type { CheckOptions, DatasetProblem, DatasetReport } from '../data/check.ts'
export type { ClassShare } from '../data/class_share.ts'
export { type Dataset, IGNORE_INDEX, type LabelledImage, type Labels, type Photos } from '../data/dataset.ts'
export type { Image } from '../data/image.ts'
export type { Colour } from '../data/palette.ts'
export { BadImageError, UserError } from '../errors.ts'
export { DeviceLostError, NoAdapterError, OutOfMemoryError } from '../gpu/errors.ts'
export type { Gpu } from '../gpu/gpu.ts'
export type { DeviceRequest } from '../gpu/request_gpu.ts'
export type { TunedConvolution, TuneOptions, TuneProgress } from '../graph/tune/tune.ts'

export type { FrameOptions } from '../inference/frame_options.ts'
export type {
  InferenceOptions,
  OutputOptions,
  RefinedOptions,
  SegmentOutput,
  TileOptions,
} from '../inference/inference_options.ts'
export type { ScoreMap } from '../inference/score_map.ts'
export type { GpuClassMap, GpuPhoto, Photo, PhotoSize } from '../inference/segmenter.ts'
export type { Precision } from '../kernels/layout.ts'
export type * from '../model/backbones/table.ts'
export type { ChannelStatistics } from '../model/input_channels.ts'
export type { Renaming } from '../model/layouts/renaming.ts'
export type { Preprocessing, Samples } from '../model/preprocessing.ts'
export { type Inference, type Preset, preset, presets } from '../model/presets.ts'
export type { OnnxExportOptions } from '../onnx/deeplab.ts'
export { deepLabOnnx } from '../onnx/export.ts'
export { Lesson } from '../teach/lesson.ts'
export type { LessonModel, LessonOptions, LessonStep, LessonTraining } from '../teach/lesson_options.ts'
export { channelStatistics } from '../train/channel_statistics.ts'
export {
  type EvaluatedImage,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type SegmentationModel,
} from '../train/evaluate.ts'
export { HARD_CLASSES } from '../train/hard_classes.ts'
export type { ColourJitter } from '../train/jitter_amounts.ts'
export type { Recipe } from '../train/recipe_options.ts'
export type { TrainingOptions } from '../train/training_options.ts'
export type { RegistryEntry, RegistryFile } from '../weights/registry.ts'
export type { CutoutOptionsOf } from './cutout.ts'
export type { DeepLabBase } from './deeplab_base.ts'
export type { DownloadProgress } from './downloads.ts'
export type { FileLike, WeightsInMemory } from './found_weights.ts'
export type { Model } from './model_files.ts'
export type { ConventionOptions, CreateOptions, OpenOptions, SeedOptions } from './open_options.ts'
export type { DrawOptions, MaskPngOptions, TintOptions } from './overlay.ts'
export type { Pixels, Size } from './pixels.ts'
export { type AnySamples, type SampledPixels, sampledImage } from './samples.ts'
export type { YieldedResult } from './segment_batches.ts'
export type {
  EachPhotoOptions,
  ManyPhotosOptions,
  SegmentOptions,
  SegmentProgress,
  TileProgress,
  TunePhotoOptions,
  WarmUpOptions,
} from './segment_options.ts'
export type { ClassScores, ScoresOf, SegmentationBase } from './segmentation_base.ts'
export type { BlobLike, UrlLike } from './sources.ts'
export type { ResumeOptions, TrainerBase, TrainerOptions, TrainingStep } from './trainer_base.ts'
