import type { Gpu } from '../../src/gpu/gpu.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import { createPlan } from '../../src/graph/plan/create_plan.ts'
import { Executor } from '../../src/graph/runtime/executor.ts'
import { WeightStore } from '../../src/graph/runtime/weight_store.ts'
import type { Model } from '../../src/library/model_files.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { networkSize } from '../../src/model/preprocessing.ts'
import type { Image } from '../../src/node/index.ts'
import type { Array4 } from '../reference/array4.ts'

export interface View {
  size?: number
  scale?: number
  flip?: boolean
}

/** The network's logits for one view of a photo, before they are upsampled: the first part of `segment`. */
export async function networkLogits(
  gpu: Gpu,
  { config, preprocessing, parameters }: Model,
  photo: Image,
  { size = preprocessing.size, scale = 1, flip = false }: View = {},
): Promise<Array4> {
  const builder = new GraphBuilder()
  const input = builder.input('photo', [1, photo.height, photo.width, 4], 'rgba8')
  const { mean, std } = preprocessing
  const seen = networkSize(photo, { ...preprocessing, size }, scale)
  const image = builder.preprocess(input, { name: 'image', ...seen, mean, std, flip })
  const logits = deepLab(builder, image, config)
  const weights = new WeightStore(gpu, parameters)
  const plan = createPlan(builder.build([logits]), { device: gpu })
  const executor = await Executor.create(gpu, plan, weights)
  const found = await executor.run({ photo: photo.data })
  await executor.destroy()
  weights.destroy()
  return { shape: logits.shape, data: Float64Array.from(found[logits.name]) }
}
