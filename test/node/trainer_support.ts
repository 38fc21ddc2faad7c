import type { TrainerOptions, TrainingStep } from '../../src/library/trainer_base.ts'
import { type Dataset, DeepLab, openDataset } from '../../src/node/index.ts'
import { Trainer } from '../../src/node/training/trainer.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { testGpu } from '../support/gpu.ts'
import { writeHalves } from './halves_dataset.ts'
import { useEmptyCache, useTemporaryFolder } from './support.ts'
import { TINY } from './tiny_model.ts'

export const QUICK: Partial<Recipe> = {
  steps: 6,
  batchSize: 2,
  size: 33,
  cropSize: 33,
  learningRate: 0.05,
  batchNormDecay: 0.9,
  scales: [1, 1],
}

/** Gives each test of a suite a small dataset in its own folder, and functions that create trainers for it. */
export function useTrainers() {
  const path = useTemporaryFolder()
  useEmptyCache(path)
  let models: DeepLab[] = []
  beforeEach(() => writeHalves(path('voc')))
  afterEach(async () => {
    for (const model of models) await model.dispose()
    models = []
  })

  const open = () => openDataset(`voc:${path('voc')}`, { split: 'train' })

  /** Disposes of a model after the test. */
  function own(model: DeepLab): DeepLab {
    models.push(model)
    return model
  }

  const create = async (network = TINY): Promise<DeepLab> =>
    own(await DeepLab.create(network, { gpu: await testGpu() }))

  async function newTrainer(options: Partial<Recipe> = {}): Promise<Trainer> {
    return new Trainer(await create(), await open(), { ...QUICK, ...options })
  }

  /** The default dataset is the suite's. */
  async function resume(folder: string, options: TrainerOptions = {}, dataset?: Dataset): Promise<Trainer> {
    const gpu = await testGpu()
    const trainer = await Trainer.resume(folder, dataset ?? (await open()), { gpu, ...options })
    own(trainer.model)
    return trainer
  }

  return { path, open, own, create, newTrainer, resume }
}

/** Runs a trainer to the end, or for `count` steps. */
export async function take(trainer: Trainer, count = Infinity): Promise<TrainingStep[]> {
  const steps: TrainingStep[] = []
  for await (const step of trainer) if (steps.push(step) === count) break
  return steps
}

export const losses = (steps: TrainingStep[]): number[] => steps.map(({ loss }) => loss)
