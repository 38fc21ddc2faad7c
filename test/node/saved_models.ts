import '../support/all_networks.ts'
import { type Model, untrainedModel } from '../../src/library/model_files.ts'
import { deepLabConfig } from '../../src/model/config.ts'
import { TINY } from './tiny_model.ts'

/** Two models that differ in their weights, shapes, class names and preprocessing. */
export function savedModels(): [Model, Model] {
  const model = (classes: number, word: string) => ({
    ...untrainedModel(deepLabConfig({ ...TINY, classes }), { seed: classes, size: 100 + classes }),
    classNames: Array.from({ length: classes }, (_, id) => `${word} ${id}`),
  })
  return [model(3, 'tree'), model(5, 'house')]
}
