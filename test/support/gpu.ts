// One GPU for each file of tests: opened by the first that asks, destroyed after the last so that Node exits.
//
// Mocha runs Node with --no-experimental-require-module (package.json). It then imports the test files. If it required them, a
// module that the code under test imports later, by import(), would be loaded a second time, with a UserError class of its own.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { filterDawnWarnings } from '../../src/node/gpu/dawn_warnings.ts'
import './all_networks.ts'
import { skip } from './skip.ts'

filterDawnWarnings()

let shared: Promise<Gpu> | undefined

/** The file's GPU. Tests that break a device open one of their own. */
export function testGpu(): Promise<Gpu> {
  shared ??= openGpu()
  return shared
}

/** For `before`: tests of f16 are skipped where the adapter lacks it. */
export async function needsFloat16(this: Mocha.Context): Promise<void> {
  if (!(await testGpu()).device.features.has('shader-f16')) skip(this, 'this adapter has no shader-f16')
}

/** For `before`: skips tests if the adapter has no subgroups of one size. */
export async function needsSubgroups(this: Mocha.Context): Promise<void> {
  if ((await testGpu()).subgroupSize === undefined) skip(this, 'this adapter has no subgroups of one size')
}

/** For mocha's `require`. What WebGPU refuses is reported late and to nobody: it fails the test after which it is. */
export const mochaHooks = {
  async afterEach() {
    await (await shared)?.finish()
  },
  async afterAll() {
    const gpu = await shared
    shared = undefined
    gpu?.destroy()
  },
}
