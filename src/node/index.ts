// `import … from 'atrous'` in Node.

export { checkDataset, type DatasetProblem, type DatasetReport } from '../data/check.ts'
export type { ClassShare } from '../data/class_share.ts'
export type { Dataset, LabelledImage, Labels } from '../data/dataset.ts'
export type { Image } from '../data/image.ts'
export type { Colour } from '../data/palette.ts'
export { UserError } from '../errors.ts'
export { DeviceLostError, NoAdapterError, OutOfMemoryError } from '../gpu/errors.ts'
export type { Gpu } from '../gpu/gpu.ts'
export type { TunedConvolution, TuneOptions, TuneProgress } from '../graph/tune.ts'
export type { Precision } from '../kernels/layout.ts'
export type { OutputOptions, SegmentOutput } from '../model/class_map.ts'
export type { ScoreMap } from '../model/class_scores.ts'
export type { DeepLabConfig, DeepLabOptions } from '../model/config.ts'
export type { InferenceOptions } from '../model/inference_options.ts'
export { type Preset, preset, presets } from '../model/presets.ts'
export { deepLabOnnx, type OnnxExportOptions } from '../onnx/deeplab.ts'
export { type EvaluateOptions, type Evaluation, evaluate } from '../train/evaluate.ts'
export type { Recipe } from '../train/recipe.ts'
export { HARD_CLASSES } from '../train/sampler.ts'
export { openDataset } from './datasets/open.ts'
export { openGpu } from './dawn.ts'
export { DeepLab } from './deeplab.ts'
export { readImage } from './image.ts'
export type { BlobLike, ImageSource, UrlLike } from './image_source.ts'
export type { CreateOptions, LoadOptions, OpenOptions, SeedOptions } from './open_options.ts'
export type { MaskPngOptions, OverlayOptions } from './overlay_options.ts'
export type { Pixels } from './pixels.ts'
export type {
  SegmentManyOptions,
  SegmentOptions,
  SegmentProgress,
  TunePhotoOptions,
} from './segment_options.ts'
export type { ClassScores, Segmentation } from './segmentation.ts'
export { Trainer, type TrainingStep } from './trainer.ts'
