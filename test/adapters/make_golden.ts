// Makes golden.json, the results of the reference adapter, with which those of others are compared: lavapipe in Node at its usual
// vector width. Their own reference are the float64 kernels and PyTorch, in other tests. Run: npx tsx test/adapters/make_golden.ts

import { writeFile } from 'node:fs/promises'
import { create } from 'webgpu'
import { Segmenter } from '../../src/inference/segmenter.ts'
import { slowPolling } from '../../src/node/gpu/slow_polling.ts'
import { type Golden, goldenFile, photoJob, SCENE } from './job.ts'
import { openAdapter } from './probe/adapter.ts'
import { weightsOf } from './probe/photos_part.ts'
import { lossesOf, trainings } from './probe/training_part.ts'

const OUTPUT_STRIDES = [16, 8]

slowPolling()
const entry = create([])
const adapter = await openAdapter(entry, {})
const golden: Golden = { scene: await sceneLogits(), losses: {} }
for (const [name, training] of Object.entries(trainings))
  golden.losses[name] = await lossesOf(adapter, training)
await writeFile(goldenFile, `${JSON.stringify(golden, undefined, 2)}\n`)
adapter.close()
process.exit()

async function sceneLogits(): Promise<Golden['scene']> {
  const files = new Map<string, Uint8Array>()
  const { pixels, weights, width, height, ...model } = await photoJob(SCENE, [], files)
  const parameters = weightsOf(files.get(weights)!)
  const segmenter = new Segmenter(await adapter.gpu(), { ...model, parameters })
  const photo = { width, height, originalWidth: width, originalHeight: height, data: files.get(pixels)! }
  const found: Golden['scene'] = []
  for (const outputStride of OUTPUT_STRIDES) {
    const options = { outputStride, output: 'logits', at: 'network' } as const
    const [{ scores }] = await segmenter.segment([photo], options)
    const { data } = scores!
    const logits = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
    found.push({ outputStride, height: scores!.height, width: scores!.width, logits })
  }
  await segmenter.dispose()
  return found
}
