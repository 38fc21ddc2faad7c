/**
 * The parts of training, without files or workers: steps, schedule, augmentation and scores.
 * @module atrous/train
 */

export { augment } from './augment.ts'
export { channelStatistics } from './channel_statistics.ts'
export { medianFrequencyWeights } from './class_balance.ts'
export { ConfusionMatrix, type Scores } from './confusion.ts'
export type { Example } from './crop.ts'
export type { MixBox } from './cut_mix.ts'
export type { Distortion } from './distortion.ts'
export { type EvaluateOptions, type Evaluation, evaluate, type SegmentationModel } from './evaluate.ts'
export { HARD_CLASSES } from './hard_classes.ts'
export type { ColourJitter } from './jitter_amounts.ts'
export type { TrainingBatch } from './micro_batches.ts'
export { type Augmentation, type AugmentOptions, PAPER_AUGMENTATION } from './random_crop.ts'
export { recipeFor } from './recipe.ts'
export type { Recipe } from './recipe_options.ts'
export { Sampler } from './sampler.ts'
export { cosineLearningRate, learningRateOf, polyLearningRate } from './schedule.ts'
export type { UnlabelledBatch } from './taught_batch.ts'
export type { TrainedNetwork } from './training_network.ts'
export type { TrainingOptions } from './training_options.ts'
export { type LearnedState, TrainingRun, type TrainingStart } from './training_run.ts'
export type { UnlabelledOptions, UnlabelledPart } from './unlabelled.ts'
