// naga, the shader compiler of wgpu (Firefox, Deno), reads every pipeline and translates it for each kind of GPU.

import { expect } from 'chai'
import { NagaError, parseWgsl, validate, writeGlsl, writeHlsl, writeMsl, writeSpirv } from 'naga-wasm'
import { type PipelineText, pipelineTexts } from './pipeline_texts.ts'

type Module = ReturnType<typeof parseWgsl>
type Info = ReturnType<typeof validate>

const BACKENDS: Record<string, (module: Module, info: Info) => unknown> = {
  SPIRV: writeSpirv,
  MSL: writeMsl,
  HLSL: (module, info) => writeHlsl(module, info, { shaderModel: '6_2' }),
  GLSL: (module, info) =>
    writeGlsl(module, info, { version: '310 es', stage: 'compute', entryPoint: 'main' }),
}

/** The reasons why a shader cannot be one of naga's. */
const EXCEPTIONS: Record<string, string> = {
  conv2d_subgroup_matrix: 'matrices of subgroups are an extension of Dawn, which only its adapters offer',
}

/** What naga refuses of a text: a line for each backend, or for the text itself. */
function refusals({ shader, label, wgsl }: PipelineText): string[] {
  const refusal = (backend: string, error: unknown) => {
    if (!(error instanceof NagaError)) throw error
    return `${shader}, ${backend}: ${error.formatted} (${label})`
  }
  let module: Module | undefined
  let info: Info | undefined
  try {
    module = parseWgsl(wgsl)
    info = validate(module)
    const [read, validated] = [module, info]
    return Object.entries(BACKENDS).flatMap(([backend, write]) => {
      try {
        write(read, validated)
        return []
      } catch (error) {
        return [refusal(backend, error)]
      }
    })
  } catch (error) {
    return [refusal('WGSL', error)]
  } finally {
    info?.free()
    module?.free()
  }
}

describe('naga translates every pipeline to SPIR-V, MSL, HLSL and GLSL', () => {
  let texts: PipelineText[]
  before(async () => {
    texts = await pipelineTexts()
  })

  it('of kernels and networks', () => {
    expect(texts.length).to.be.above(500)
    const refused = texts.filter(({ shader }) => !(shader in EXCEPTIONS)).flatMap(refusals)
    expect(refused).to.deep.equal([])
  })

  it('but for what only other compilers have', () => {
    for (const [shader, reason] of Object.entries(EXCEPTIONS)) {
      const its = texts.filter(text => text.shader === shader)
      expect(its.length, shader).to.be.above(0)
      for (const text of its) expect(refusals(text), `${shader}: ${reason}`).to.not.deep.equal([])
    }
  })
})
