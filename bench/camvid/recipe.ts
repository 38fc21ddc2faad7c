// The recipes of the CamVid benchmark: every choice on which its numbers depend.

import type { Recipe } from '../../src/train/recipe_options.ts'

/**
 * The network sees the photos of 480×360 pixels enlarged to 721×541: poles and signs are a few pixels wide, and at output stride 16 a map
 * has one value for 16 pixels.
 */
const RECIPE = {
  size: 721,
  cropSize: 321,
  scales: [0.5, 1.5],
  batchSize: 8,
  outputStride: 16,
  freezeBatchNorm: true,
  optimizer: 'adamw',
  learningRate: 0.0005,
  headLearningRate: 5,
  weightDecay: 0.01,
  schedule: 'cosine',
  warmUpSteps: 50,
  averageDecay: 0.995,
  lovaszLoss: 0.5,
  seed: 1,
} satisfies Partial<Recipe>

/** The number of steps by the number of training photos. Few photos are learned by heart, so more steps would not help. */
const STEPS: Record<string, number> = { 10: 200, 50: 400, 100: 700, all: 1500 }

/** The numbers of training photos for which there is a recipe. */
export const PHOTOS = Object.keys(STEPS)

export const recipeOf = (photos: string) => ({ ...RECIPE, steps: STEPS[photos] })

/** A recipe as words of a command line, `atrous train … WORDS`. */
export function recipeWords({ scales, flip, ...recipe }: Partial<Recipe>): string[] {
  const options = { ...recipe, randomScale: scales?.join(), noFlip: flip === false }
  return Object.entries(options).flatMap(([name, value]) => {
    const option = `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    if (value === undefined || value === false || value === null) return []
    return value === true ? [option] : [option, String(value)]
  })
}
