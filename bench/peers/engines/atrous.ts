// The engine of this package.

import { createPlan } from '../../../src/graph/plan/create_plan.ts'
import { Executor } from '../../../src/graph/runtime/executor.ts'
import { WeightStore } from '../../../src/graph/runtime/weight_store.ts'
import { openGpu } from '../../../src/node/gpu/dawn.ts'
import { serve } from './engine.ts'

serve(async ({ graph, parameters, input }) => {
  const gpu = await openGpu()
  const executor = await Executor.create(
    gpu,
    createPlan(graph, { device: gpu }),
    new WeightStore(gpu, parameters),
  )
  const [from] = graph.inputs
  const [to] = graph.outputs
  return {
    adapter: gpu.info.description,
    async run() {
      const outputs = await executor.run({ [from.name]: input.data })
      return outputs[to.name] as Float32Array
    },
  }
})
