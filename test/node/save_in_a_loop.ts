// A process that saves two models over each other until it is killed: `tsx save_in_a_loop.ts FOLDER`.

import { writeModel } from '../../src/node/write_model.ts'
import { savedModels } from './saved_models.ts'

const models = savedModels()
for (let i = 0; ; i++) {
  await writeModel(process.argv[2], models[i % 2])
  if (i === 1) process.send!('both were saved')
}
