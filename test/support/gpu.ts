// One GPU for the whole mocha run: opened by the first test that asks, destroyed at the end so that Node exits.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { openGpu } from '../../src/node/dawn.ts'

let shared: Promise<Gpu> | undefined

/** The run's GPU. Tests that break a device open one of their own. */
export function testGpu(): Promise<Gpu> {
  shared ??= openGpu()
  return shared
}

// At the root, since this module is loaded outside any `describe`: what WebGPU refuses is reported late and to nobody.
afterEach('no uncaptured GPU error', async () => {
  await (await shared)?.finish()
})

after('the GPU is given back', async () => {
  const gpu = await shared
  gpu?.destroy()
})
