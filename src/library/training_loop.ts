// What a loop of training runs. A page loads it when the first loop begins.

export { makeBatch } from '../train/batch.ts'
export { makeBatches } from '../train/batches.ts'
export { checkAugmentation } from '../train/random_crop.ts'
export { TrainingRun } from '../train/training_run.ts'
export { tunedForTraining } from '../train/tuned_for_training.ts'
export { trainingBatches } from './training_batches.ts'
