import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { conv2dCase, conv2dRun } from '../kernels/conv2d.ts'
import { testGpu } from '../support/gpu.ts'

describe('node/dawn', () => {
  it('polls about once a millisecond while it waits, not in a tight loop', async () => {
    const gpu = await testGpu()
    const { kernel, data } = conv2dRun(conv2dCase('resnet50.layer3.conv2'))
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
    const { code, output, millisecondsAfterOutput } = await runScript('destroy_and_exit.ts')
    expect({ code, output }).to.deep.equal({ code: 0, output: 'destroyed\n' })
    expect(millisecondsAfterOutput).to.be.below(2000)
  })

  it('a GPU that was destroyed leaves no thread and no descriptor behind', async function () {
    if (process.platform !== 'linux') this.skip()
    const { code, output } = await runScript('open_and_destroy.ts', { args: ['20'] })
    expect(code).to.equal(0)
    const { before, after } = JSON.parse(output)
    expect(after.threads, 'threads').to.be.at.most(before.threads + 2)
    expect(after.descriptors, 'descriptors').to.be.at.most(before.descriptors + 2)
  })

  it('a machine without a driver has no adapter', async function () {
    if (process.platform !== 'linux') this.skip()
    const { code, errors } = await runScript('destroy_and_exit.ts', {
      env: { VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' },
    })
    expect(code).to.equal(1)
    expect(errors).to.include('NoAdapterError: no GPU adapter')
  })
})

/** Runs a script of this folder in a process of its own. */
async function runScript(
  name: string,
  { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
) {
  const script = fileURLToPath(new URL(name, import.meta.url))
  const options = { env: { ...process.env, ...env } }
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...args], options)
  let output = ''
  let errors = ''
  let lastOutput = performance.now()
  child.stdout.on('data', text => {
    output += text
    lastOutput = performance.now()
  })
  child.stderr.on('data', text => {
    errors += text
  })
  const [code] = await once(child, 'close')
  return { code, output, errors, millisecondsAfterOutput: performance.now() - lastOutput }
}

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
