import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeProgress, encodeProgress, PROGRESS_FILES } from '../../../src/train/checkpoint.ts'
import { learnedParameters } from '../../../src/train/learned_parameters.ts'
import { recipeFor } from '../../../src/train/recipe.ts'
import { damageBytes, damageJsonFile } from '../../support/mutants.ts'
import { smallResNet } from '../small_models.ts'
import type { FuzzTarget } from '../target.ts'

const { config, parameters } = smallResNet()

/** Writes the two files of a checkpoint next to the model's. */
async function writeProgress(folder: string): Promise<void> {
  const recipe = recipeFor(config, { steps: 10, batchSize: 2, cropSize: 33, hardClasses: ['class 1'] })
  const learned = learnedParameters(config, recipe)
  const files = encodeProgress(config, {
    ...{ step: 4, recipe, images: 3, tuned: new Map([['a convolution', 'conv2d']]) },
    balance: { classWeights: [1, 0.5, 2], indices: [0, 1, 1, 2] },
    velocities: new Map(learned.map(({ name }) => [name, parameters.get(name)!])),
  })
  for (const part of ['state', 'tensors'] as const)
    await writeFile(join(folder, PROGRESS_FILES[part]), files[part])
}

/** A target that damages one of these files. They are read as in `Trainer.resume`, which would also need a GPU for the model. */
const progressFile = (
  file: string,
  damage: (whole: Buffer, random: () => number) => Uint8Array,
): FuzzTarget => ({
  name: file,
  async prepare(folder) {
    await writeProgress(folder)
    const path = join(folder, file)
    const readPart = (part: keyof typeof PROGRESS_FILES) => readFile(join(folder, PROGRESS_FILES[part]))
    const whole = await readFile(path)
    return async random => {
      await writeFile(path, damage(whole, random))
      const [state, tensors] = await Promise.all([readPart('state'), readPart('tensors')])
      return decodeProgress(config, { state: state.toString(), tensors }, folder)
    }
  },
})

export const training: FuzzTarget[] = [
  progressFile(PROGRESS_FILES.state, (whole, random) => damageJsonFile(JSON.parse(whole.toString()), random)),
  progressFile(PROGRESS_FILES.tensors, damageBytes),
]
