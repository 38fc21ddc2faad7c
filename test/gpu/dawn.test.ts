import { createHook } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import nodeTimers from 'node:timers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { conv2dCase, conv2dRun } from '../kernels/conv2d.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'

describe('node/dawn', () => {
  it('polls about once a millisecond while it waits, not in a tight loop', async () => {
    const gpu = await testGpu()
    const { kernel, data } = conv2dRun(conv2dCase('resnet50.layer3.conv2'))
    const start = performance.now()
    const { timers, immediates } = await countCallbacks(() => runKernel(gpu, kernel, data))
    const milliseconds = performance.now() - start
    expect(timers, `timers in ${milliseconds} ms`).to.be.within(1, milliseconds + 1)
    expect(immediates, 'immediates').to.equal(0)
  })

  it("does not replace the host's setImmediate while a promise is pending or after destroy()", async () => {
    const isOriginal = () => expect(globalThis.setImmediate).to.equal(nodeTimers.setImmediate)
    const opening = openGpu()
    isOriginal()
    const gpu = await opening
    isOriginal()
    const pending = gpu.finish()
    isOriginal()
    for (let i = 0; i < 3; i++) {
      await new Promise(resolve => setTimeout(resolve, 2))
      isOriginal()
    }
    await pending
    gpu.destroy()
    isOriginal()
  })

  it('does not affect ordinary callbacks while a GPU is open and a promise is pending', async () => {
    const gpu = await testGpu()
    const pending = gpu.finish()
    const handle = setImmediate(() => expect.fail('it was cleared'))
    expect(handle.constructor.name).to.equal('Immediate')
    clearImmediate(handle)
    expect(await new Promise(resolve => setImmediate(resolve, 'argument'))).to.equal('argument')
    expect(await promisify(setImmediate)('promised')).to.equal('promised')
    await pending
  })

  it('a listener that Dawn calls sets ordinary callbacks', async () => {
    const gpu = await openGpu()
    const called = new Promise(resolve => {
      gpu.device.addEventListener('uncapturederror', event => {
        event.preventDefault()
        const handle = setImmediate(resolve, 'from a listener')
        expect(handle.constructor.name).to.equal('Immediate')
      })
    })
    gpu.device.createBuffer({ size: 4, usage: 0 })
    expect(await called).to.equal('from a listener')
    gpu.destroy()
  })

  it('a process exits by itself, at once, after destroy()', async () => {
    const { code, output } = await runScript('destroy_and_exit.ts')
    expect({ code, output }).to.deep.equal({ code: 0, output: 'destroyed; what may wait: nothing\n' })
  })

  it('a destroyed GPU leaves no threads and no descriptors', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    const { code, output } = await runScript('open_and_destroy.ts', { args: ['20'] })
    expect(code).to.equal(0)
    const { before, after } = JSON.parse(output)
    expect(after.threads, 'threads').to.be.at.most(before.threads + 2)
    expect(after.descriptors, 'descriptors').to.be.at.most(before.descriptors + 2)
  })

  it('a machine without a driver has no adapter', async function () {
    if (process.platform !== 'linux') skip(this, 'only on Linux')
    const { code, errors } = await runScript('destroy_and_exit.ts', {
      env: { VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' },
    })
    expect(code).to.equal(1)
    expect(errors).to.include('NoAdapterError: no GPU adapter')
  })
})

/** Runs a script of this folder in a separate process. */
async function runScript(
  name: string,
  { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
) {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const options = { env: { ...process.env, ...env } }
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...args], options)
  let output = ''
  let errors = ''
  child.stdout.on('data', text => {
    output += text
  })
  child.stderr.on('data', text => {
    errors += text
  })
  const [code] = await once(child, 'close')
  return { code, output, errors }
}

/** The number of timers and immediates set while `run` runs. */
async function countCallbacks(run: () => Promise<unknown>): Promise<{ timers: number; immediates: number }> {
  const counts: Record<string, number> = { Timeout: 0, Immediate: 0 }
  const hook = createHook({
    init(_id, type) {
      if (type in counts) counts[type]++
    },
  }).enable()
  await run().finally(() => hook.disable())
  return { timers: counts.Timeout, immediates: counts.Immediate }
}
