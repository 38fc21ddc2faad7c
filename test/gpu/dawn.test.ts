import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { cases } from '../cases/conv2d.ts'
import { conv2dRun } from '../kernels/conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { runKernel } from '../support/run_kernel.ts'

describe('node/dawn', () => {
  it('polls about once a millisecond while it waits, not in a tight loop', async () => {
    const gpu = await testGpu()
    const layer = cases.find(({ name }) => name === 'resnet50.layer3.conv2')!
    const { kernel, data } = await conv2dRun(layer, gpu)
    const start = performance.now()
    const polls = await countDawnTimers(() => runKernel(gpu, kernel, data))
    const milliseconds = performance.now() - start
    expect(polls, `polls in ${milliseconds} ms`).to.be.within(1, milliseconds + 1)
  })

  it('leaves ordinary callbacks alone', async () => {
    await testGpu()
    const handle = setImmediate(() => {})
    expect(handle.constructor.name).to.equal('Immediate')
    clearImmediate(handle)
    expect(await new Promise(resolve => setImmediate(resolve, 'argument'))).to.equal('argument')
    expect(await promisify(setImmediate)('promised')).to.equal('promised')
  })

  it('a process exits by itself, at once, after destroy()', async () => {
    const script = fileURLToPath(new URL('destroy_and_exit.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let destroyed = 0
    child.stdout.on('data', () => {
      destroyed = performance.now()
    })
    const [code, signal] = await new Promise<[number | null, string | null]>(resolve =>
      child.on('exit', (...ended) => resolve(ended)),
    )
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null })
    expect(destroyed, 'the child said that it was done').to.be.above(0)
    expect(performance.now() - destroyed).to.be.below(2000)
  })
})

/** How many timers were set for Dawn's callback, the only native one, while `run` ran. */
async function countDawnTimers(run: () => Promise<unknown>): Promise<number> {
  let count = 0
  const original = globalThis.setTimeout
  const counting = (callback: () => void, ...rest: [number]) => {
    if (String(callback).includes('[native code]')) count++
    return original(callback, ...rest)
  }
  globalThis.setTimeout = Object.assign(counting, original) as typeof setTimeout
  try {
    await run()
  } finally {
    globalThis.setTimeout = original
  }
  return count
}
