// Where the library runs in a browser: on the caller's device, in a worker, under a strict policy, and what it says where it cannot.

import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { PAGE, until, useBrowser } from './browser.ts'

const POLICY = "default-src 'self'"

const WORKER = `import { DeepLab } from '/package/dist/web/index.js'
onmessage = async ({ data: photo }) => {
  const model = await DeepLab.load('scenes')
  const { mask, width, height } = await model.segment(photo, { size: 65 })
  await model.dispose()
  postMessage({ mask, width, height })
}
`

/** Not by `page.evaluate`: what that runs may use `eval` whatever the policy is. */
const STRICT_SCRIPT = `import * as atrous from '/package/dist/web/index.js'
window.atrous = atrous
const violations = []
document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective))
try { new Function('return 1') } catch {}
const run = async () => {
  const model = await atrous.DeepLab.load('scenes')
  const photo = await (await fetch('/docs/scene.png')).blob()
  const result = await model.segment(photo, { size: 65, output: 'probabilities' })
  await Promise.all([result.overlay(), result.maskPng(), atrous.deepLabOnnx(model.state)])
  await model.tune(photo, { size: 65, seconds: 0.1 })
  await model.dispose()
}
const error = await run().then(() => undefined, String)
window.report = { violations, error }
`

declare global {
  interface Window {
    report?: { violations: string[]; error: string | undefined }
  }
}

describe('the library in a browser', () => {
  const browser = useBrowser(path => {
    if (path === '/strict')
      return {
        headers: { 'content-type': 'text/html', 'content-security-policy': POLICY },
        body: PAGE.replace('/page.js', '/strict.js'),
      }
    if (path === '/strict.js') return { body: STRICT_SCRIPT }
    if (path === '/worker.js') return { body: WORKER }
    return undefined
  })

  /** A sum of the mask of the shipped photo. */
  const maskIn = (page: Page) =>
    page.evaluate(async () => {
      const model = await window.atrous.DeepLab.load('scenes')
      const { mask } = await model.segment('/docs/scene.png', { size: 65 })
      await model.dispose()
      return mask.reduce((hash, id) => (hash * 31 + id) % 1_000_003, 0)
    })

  describe("on the caller's device", () => {
    it('leaves it alive, and all memory free', async () => {
      const page = await browser.open()
      const found = await page.evaluate(async () => {
        const adapter = await navigator.gpu.requestAdapter()
        const device = await adapter!.requestDevice({ requiredFeatures: ['subgroups'] })
        let lost = false
        device.lost.then(() => {
          lost = true
        })
        const hashes: number[] = []
        const open: number[] = []
        const Buffers = GPUDevice.prototype.createBuffer
        const buffers: GPUBuffer[] = []
        GPUDevice.prototype.createBuffer = function (descriptor) {
          buffers.push(Buffers.call(this, descriptor))
          return buffers.at(-1)!
        }
        const destroy = GPUBuffer.prototype.destroy
        const destroyed = new Set<GPUBuffer>()
        GPUBuffer.prototype.destroy = function () {
          destroyed.add(this)
          return destroy.call(this)
        }
        for (let time = 0; time < 2; time++) {
          const model = await window.atrous.DeepLab.load('scenes', { device })
          const { mask } = await model.segment('/docs/scene.png', { size: 65 })
          hashes.push(mask.reduce((hash, id) => (hash * 31 + id) % 1_000_003, 0))
          const isOwn = model.gpu.device === device
          await model.dispose()
          open.push(buffers.filter(buffer => !destroyed.has(buffer)).length, Number(isOwn))
        }
        device.pushErrorScope('validation')
        device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE })
        const error = await device.popErrorScope()
        await new Promise(resolve => setTimeout(resolve, 50))
        return { hashes, open, lost, error: error?.message, made: buffers.length > 10 }
      })
      const expected = await maskIn(page)
      expect(found).to.deep.equal({
        ...{ hashes: [expected, expected], open: [0, 1, 0, 1], lost: false, error: undefined, made: true },
      })
    })

    it('leaves its errors to the caller', async () => {
      const page = await browser.open()
      const found = await page.evaluate(async () => {
        const adapter = await navigator.gpu.requestAdapter()
        const device = await adapter!.requestDevice({ requiredFeatures: ['subgroups'] })
        const errors: boolean[] = []
        device.onuncapturederror = event => {
          errors.push(event.defaultPrevented)
          event.preventDefault()
        }
        const model = await window.atrous.DeepLab.load('scenes', { device })
        device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
        await device.queue.onSubmittedWorkDone()
        const { width } = await model.segment('/docs/scene.png', { size: 65 })
        await model.dispose()
        return { errors, segmented: width > 0 }
      })
      expect(found).to.deep.equal({ errors: [false], segmented: true })
    })

    it('is refused if it is none, or comes with a gpu', async () => {
      const page = await browser.open()
      const found = await page.evaluate(async () => {
        const { DeepLab, openGpu } = window.atrous
        const gpu = await openGpu()
        const message = (options: object) =>
          DeepLab.load('scenes', options).then(String, error => error.message)
        const messages = [await message({ device: {} }), await message({ gpu, device: gpu.device })]
        gpu.destroy()
        return messages
      })
      expect(found).to.deep.equal([
        'device: expected a GPUDevice, got an object',
        'gpu and device: give only one of them',
      ])
    })
  })

  it('runs in a dedicated worker', async () => {
    const page = await browser.open()
    const found = await page.evaluate(async () => {
      const worker = new Worker('/worker.js', { type: 'module' })
      const answer = new Promise<MessageEvent>((resolve, reject) => {
        worker.onmessage = resolve
        worker.onerror = event => reject(new Error(event.message))
      })
      const photo = await createImageBitmap(await (await fetch('/docs/scene.png')).blob())
      worker.postMessage(photo, [photo])
      const { mask } = (await answer).data as { mask: Uint8Array }
      worker.terminate()
      return mask.reduce((hash, id) => (hash * 31 + id) % 1_000_003, 0)
    })
    expect(found).to.equal(await maskIn(page))
  })

  it("runs under a policy that allows nothing but the page's own files", async () => {
    const page = await browser.open('/strict')
    await until(page, () => window.report !== undefined, 100_000)
    const { violations, error } = (await page.evaluate(() => window.report))!
    expect(error).to.equal(undefined)
    // Those of `new Function` alone: so the policy is in force.
    expect(violations).to.deep.equal(['script-src'])
    const complaints = browser.complaints.splice(0)
    for (const line of complaints) expect(line).to.match(/unsafe-eval|script-src/)
    expect(complaints.length).to.be.above(0)
  })

  describe('without a GPU', () => {
    const refusal = (page: Page) =>
      page.evaluate(() =>
        window.atrous.DeepLab.load('scenes').then(String, error => `${error.name}: ${error.message}`),
      )

    it('says that the browser has no WebGPU', async () => {
      const page = await browser.open()
      await page.evaluate(() => Object.defineProperty(navigator, 'gpu', { value: undefined }))
      expect(await refusal(page)).to.equal(
        'NoAdapterError: no WebGPU in this browser: a current Chrome, Edge, Safari or Firefox has it',
      )
    })

    it('says that the page is not secure', async () => {
      const page = await browser.open('/', { host: 'insecure.test' })
      expect(await page.evaluate(() => isSecureContext)).to.equal(false)
      expect(await refusal(page)).to.equal(
        'NoAdapterError: no WebGPU in an insecure context: serve the page over https:, or open it at localhost',
      )
    })

    it('says that there is no adapter', async () => {
      const page = await browser.open()
      await page.evaluate(() => {
        GPU.prototype.requestAdapter = () => Promise.resolve(null)
      })
      expect(await refusal(page)).to.match(
        /^NoAdapterError: no GPU adapter: this browser has WebGPU, but allows it/,
      )
    })
  })
})
