// Models in memory, and a device of the caller's: as in browsers.

import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { create } from 'webgpu'
import { UserError } from '../../src/errors.ts'
import { DeepLab } from '../../src/node/index.ts'
import { testGpu } from '../support/gpu.ts'
import { rejects } from '../support/rejects.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

describe('DeepLab.load', () => {
  const photo = blocksPhoto(90, 70)
  const options = { size: 65 }
  const refusal = async (call: () => unknown) => (await rejects(UserError, call)).message

  /** Files of a model whose config has to be read. */
  async function savedFiles(): Promise<{ files: File[]; mask: Uint8Array }> {
    const model = await DeepLab.create(TINY, { gpu: await testGpu(), seed: 3 })
    await model.renameClasses(['sky', 'tree', 'house', 'road', 'car'])
    const { mask } = await model.segment(photo, options)
    const files = [...model.modelFiles()].map(
      ([name, content]) => new File([typeof content === 'string' ? content : Uint8Array.from(content)], name),
    )
    await model.dispose()
    return { files, mask }
  }

  it('reads the files of a folder from memory', async () => {
    const { files, mask } = await savedFiles()
    const about = new File(['# About'], 'README.md')
    for (const source of [files, new Set([about, ...files])]) {
      const model = await DeepLab.load(source, { gpu: await testGpu() })
      expect(model.classNames).to.deep.equal(['sky', 'tree', 'house', 'road', 'car'])
      expect((await model.segment(photo, options)).mask).to.deep.equal(mask)
      await model.dispose()
    }
  })

  it('enlarges results by the convention of the checkpoint, or by the one that the caller names', async () => {
    const { files, mask } = await savedFiles()
    const gpu = await testGpu()
    const aligned = await DeepLab.load(files, { gpu, alignCorners: true })
    expect(aligned.config.alignCorners).to.equal(true)
    const found = await aligned.segment(photo, options)
    const others = found.mask.filter((id, i) => id !== mask[i]).length
    expect(others).to.be.within(1, 0.3 * mask.length)
    const again = await DeepLab.load(
      [...aligned.modelFiles()].map(([name, text]) => new File([text as string], name)),
      { gpu },
    )
    expect((await again.segment(photo, options)).mask).to.deep.equal(found.mask)
    const undone = await DeepLab.load(files, { gpu, alignCorners: false })
    expect((await undone.segment(photo, options)).mask).to.deep.equal(mask)
    for (const model of [aligned, again, undone]) await model.dispose()
    const message = 'alignCorners: expected true or false, got "yes"'
    expect(await refusal(() => DeepLab.load(files, { gpu, alignCorners: 'yes' as never }))).to.equal(message)
  })

  it('names the files in memory that are refused', async () => {
    const { files } = await savedFiles()
    const [weights] = files
    const gpu = await testGpu()
    const bytes = readFileSync(new URL('../../weights/scenes/config.json', import.meta.url))
    const cases: [source: unknown, message: RegExp][] = [
      [[], /^no checkpoint among these 0 files/],
      [[weights, new File([bytes], 'config.json')], /^model\.safetensors is not a checkpoint of/],
      [[new File([bytes], 'a.pth'), new File([bytes], 'b.pth')], /^no checkpoint among these 2 files/],
      [[weights, new File(['['], 'config.json')], /^config\.json: not a JSON object$/],
      [[weights, 5], /^files\[1\]: expected a File or a Blob, got 5$/],
      [bytes, /^the checkpoint: JSON text, not a checkpoint$/],
      [new Blob([bytes]), /^the checkpoint: JSON text/],
      [new File([bytes], 'net.pth'), /^net\.pth: JSON text/],
      [{ arrayBuffer: () => Promise.reject(new Error('gone')) }, /^the checkpoint: cannot be read \(gone\)$/],
      [{ name: 'x', arrayBuffer: async () => 'text' }, /^x: expected a File or a Blob, got an object$/],
    ]
    for (const [source, message] of cases)
      expect(await refusal(() => DeepLab.load(source as File, { gpu }))).to.match(message)
  })

  it("runs on the caller's device and leaves it alive", async () => {
    const entry = create([])
    const adapter = await entry.requestAdapter()
    const features = ['subgroups'] as const
    const device = await adapter!.requestDevice({
      requiredFeatures: features.filter(feature => adapter!.features.has(feature)),
    })
    const { files, mask } = await savedFiles()
    for (let time = 0; time < 2; time++) {
      const model = await DeepLab.load(files, { device })
      expect(model.gpu.device).to.equal(device)
      expect((await model.segment(photo, options)).mask).to.deep.equal(mask)
      await model.dispose()
      expect(model.gpu.memory).to.include({ liveBytes: 0, buffers: 0 })
      const error = await rejects(Error, () => model.gpu.finish())
      expect(error.message).to.include('destroyed')
    }
    device.pushErrorScope('validation')
    device.createBuffer({ size: 16, usage: 128 })
    expect(await device.popErrorScope()).to.equal(null)
    device.destroy()
  })

  it('refuses what is no device, and a device together with a gpu', async () => {
    const gpu = await testGpu()
    expect(await refusal(() => DeepLab.create(TINY, { device: {} as GPUDevice }))).to.equal(
      'device: expected a GPUDevice, got an object',
    )
    expect(await refusal(() => DeepLab.create(TINY, { gpu, device: gpu.device }))).to.equal(
      'gpu and device: give only one of them',
    )
  })
})

describe('DeepLab.warmUp', () => {
  const sizes = [
    { width: 90, height: 70 },
    { width: 40, height: 40 },
  ]
  const tiny = async () => DeepLab.create(TINY, { gpu: await testGpu(), seed: 3 })

  it('makes photos of these sizes ready: segmenting them allocates nothing', async () => {
    const model = await tiny()
    const { gpu } = model
    const steps: { done: number; total: number }[] = []
    await model.warmUp(sizes, { size: 65, output: 'logits', onProgress: step => steps.push(step) })
    expect(steps.at(-1)).to.deep.equal({ done: steps.length, total: steps.length })
    expect(steps.length).to.be.above(3)
    const { liveBytes } = gpu.memory
    for (const { width, height } of sizes)
      await model.segment(blocksPhoto(width, height), { size: 65, output: 'logits', at: 'network' })
    expect(gpu.memory.liveBytes).to.equal(liveBytes)
    await model.segment(blocksPhoto(90, 70), { size: 65 }) // Without logits it is another plan.
    expect(gpu.memory.liveBytes).to.be.above(liveBytes)
    await model.dispose()
  })

  it('takes photos of a batch', async () => {
    const model = await tiny()
    await model.warmUp(sizes[0], { size: 65, batchSize: 2 })
    const { liveBytes } = model.gpu.memory
    await model.segment([blocksPhoto(90, 70), blocksPhoto(90, 70, 2)], { size: 65 })
    expect(model.gpu.memory.liveBytes).to.equal(liveBytes)
    await model.dispose()
  })

  it('ends with the reason of its signal', async () => {
    const model = await tiny()
    const end = new AbortController()
    const reason = new Error('enough')
    const warming = model.warmUp(sizes, { signal: end.signal, onProgress: () => end.abort(reason) })
    expect(await rejects(Error, () => warming)).to.equal(reason)
    expect((await model.segment(blocksPhoto(40, 40), { size: 65 })).mask).to.have.length(1600)
    await model.dispose()
  })

  it('refuses other sizes and options', async () => {
    const model = await tiny()
    const refusal = async (...args: unknown[]) =>
      (await rejects(UserError, () => model.warmUp(...(args as [{ width: number; height: number }])))).message
    expect(await refusal({ width: 0, height: 5 })).to.equal(
      'warmUp: expected { width, height } in whole pixels, got an object',
    )
    expect(await refusal([undefined])).to.include('got undefined')
    expect(await refusal([])).to.equal('warmUp: expected up to 4 sizes, got 0')
    expect(await refusal(new Array(5).fill(sizes[0]))).to.equal('warmUp: expected up to 4 sizes, got 5')
    expect(await refusal(sizes, { sise: 3 })).to.equal('sise: unknown option; did you mean size?')
    expect(await refusal(sizes, { batchSize: 0 })).to.include('batchSize: expected a whole number')
    expect(await refusal(sizes, { output: 'scores' })).to.include('output: expected mask or')
    expect(await refusal(sizes, { onProgress: 1 })).to.include('onProgress: expected a function')
    await model.dispose()
    expect(await refusal(sizes)).to.equal('this model was disposed of: load it again')
  })
})
