import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Model, readModel } from '../../../src/library/model_files.ts'
import { findWeights } from '../../../src/node/weights.ts'
import { writeModel } from '../../../src/node/write_model.ts'
import { damageJsonFile } from '../../support/mutants.ts'
import { smallMobileNet, smallResNet } from '../small_models.ts'
import type { FuzzTarget } from '../target.ts'

/** A target that damages one JSON file in the folder of a model. */
const modelJson = (
  name: string,
  { model, file, content }: { model: () => Model; file: string; content?: object },
): FuzzTarget => ({
  name,
  async prepare(folder) {
    await writeModel(folder, model())
    const path = join(folder, file)
    const whole = content ?? JSON.parse(await readFile(path, 'utf8'))
    return async random => {
      await writeFile(path, damageJsonFile(whole, random))
      return await readModel(await findWeights(folder))
    }
  },
})

export const configs: FuzzTarget[] = [
  modelJson('config.json', { model: smallResNet, file: 'config.json' }),
  modelJson('config.json-hugging-face', { model: smallMobileNet, file: 'config.json' }),
  modelJson('preprocessor_config.json', {
    model: smallMobileNet,
    file: 'preprocessor_config.json',
    content: { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: { height: 513, width: 513 } },
  }),
]
