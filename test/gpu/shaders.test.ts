import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { create } from 'webgpu'
import { storedBuffers } from '../../src/gpu/float16_storage.ts'
import type { Gpu } from '../../src/gpu/gpu.ts'
import { requestGpu } from '../../src/gpu/request_gpu.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { frameText } from '../../src/web/frames/frame_text.ts'
import * as webShaders from '../../src/web/shaders.gen.ts'
import { testGpu } from '../support/gpu.ts'
import { skip } from '../support/skip.ts'

const MOST_LINES = 200

/** The features that a text needs, by the names of its `enable` directives. */
const FEATURES: Record<string, GPUFeatureName> = {
  f16: 'shader-f16',
  subgroups: 'subgroups',
  chromium_experimental_subgroup_matrix: 'chromium-experimental-subgroup-matrix' as GPUFeatureName,
}
const featuresOf = (text: string) =>
  [...text.matchAll(/^enable (\w+);/gm)].map(([, extension]) => FEATURES[extension])

const names = Object.keys(shadersByName) as ShaderName[]

/** Compiles a shader's text with the defaults of its constants. */
const compile = (gpu: Gpu, shader: ShaderName) =>
  gpu.pipelines.get({
    label: shader,
    shader: shadersByName[shader],
    params: {},
    inputs: {},
    outputs: {},
    workgroups: 1,
  })

describe('gpu/shaders', () => {
  describe('every file compiles without changes on this adapter', () => {
    for (const shader of names)
      it(shader, async function () {
        const gpu = await testGpu()
        const missing = featuresOf(shadersByName[shader].wgsl).filter(
          feature => !gpu.device.features.has(feature),
        )
        if (missing.length > 0) skip(this, `this adapter has no ${missing.join(', ')}`)
        await compile(gpu, shader)
      })
  })

  // Dawn's null backend has every feature and runs nothing.
  it('every file compiles without changes on an adapter with all features', async () => {
    const gpu = await requestGpu(create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']))
    try {
      await Promise.all(names.map(shader => compile(gpu, shader)))
    } finally {
      gpu.destroy()
    }
  })

  describe('every file of browsers compiles on this adapter', () => {
    const texts: [title: string, text: string][] = [
      ...Object.values(webShaders).map(({ name, wgsl }): [string, string] => [name, wgsl]),
      ['frame_pixels, for a frame of a video', frameText('texture_external')],
    ]
    for (const [title, code] of texts)
      it(title, async () => {
        const { device } = await testGpu()
        const { messages } = await device.createShaderModule({ code }).getCompilationInfo()
        expect(messages.filter(({ type }) => type === 'error')).to.deep.equal([])
      })
  })

  describe('the text of every file', () => {
    const folder = new URL('../../shaders/', import.meta.url)
    const files = (readdirSync(folder, { recursive: true }) as string[])
      .filter(file => file.endsWith('.wgsl'))
      .map(file => ({ file, text: readFileSync(new URL(file, folder), 'utf8') }))

    it(`has at most ${MOST_LINES} lines`, () => {
      for (const { file, text } of files) expect(text.split('\n').length - 1, file).to.be.at.most(MOST_LINES)
    })

    // naga before version 30 does not reset such a variable to zero in each iteration of a loop.
    it('gives every variable inside a block an initial value', () => {
      for (const { file, text } of files)
        expect(text.match(/^ {4,}var \w+: [^=]*;.*$/gm), file).to.equal(null)
    })

    // In Safari, a workgroup array with an override as its size has no elements. Kernels set constants in the text instead.
    it('has no override', () => {
      for (const { file, text } of files) expect(text.match(/^override .*$/gm), file).to.equal(null)
    })

    it('declares Stored where a buffer has that type, and nowhere else', () => {
      for (const shader of names)
        expect(/^alias Stored = f32;/m.test(shadersByName[shader].wgsl), shader).to.equal(
          storedBuffers({ shader: shadersByName[shader] }).size > 0,
        )
    })

    // naga refuses a loop that only a return leaves.
    it('leaves every loop by a break', () => {
      for (const { file, text } of files)
        for (const [loop] of text.matchAll(/^( *)loop \{\n[\s\S]*?\n\1\}$/gm))
          expect(loop, file).to.match(/\bbreak;/)
    })

    it('is imported, if it is in lib/', () => {
      const imports = files.flatMap(({ text }) =>
        [...text.matchAll(/^#import "(.+)"$/gm)].map(([, imported]) => imported),
      )
      const libraries = files.map(({ file }) => file).filter(file => file.startsWith('lib/'))
      expect([...new Set(imports)]).to.have.members(libraries)
    })
  })
})
