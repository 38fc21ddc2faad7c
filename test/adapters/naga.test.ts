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

/** The reason why a text is not for a backend; undefined if it is. */
function exceptionOf(shader: string, wgsl: string, backend: string): string | undefined {
  if (shader === 'conv2d_subgroup_matrix') return 'matrices of subgroups are an extension of Dawn'
  if (backend === 'GLSL' && /^enable f16;/m.test(wgsl)) return 'OpenGL ES has no f16'
  return undefined
}

/** naga knows the functions of subgroups, but not yet the line that enables them. */
const withoutEnable = (wgsl: string) => wgsl.replace(/^enable subgroups;$/m, '')

/** What naga refuses of a text: a line for each backend, or for the text itself. */
function refusals({ shader, label, wgsl }: PipelineText): { backend: string; reason: string }[] {
  const module = attempt(() => parseWgsl(withoutEnable(wgsl)))
  if (module instanceof NagaError) return [{ backend: 'WGSL', reason: reasonOf(module) }]
  const info = attempt(() => validate(module))
  try {
    if (info instanceof NagaError) return [{ backend: 'WGSL', reason: reasonOf(info) }]
    return Object.entries(BACKENDS).flatMap(([backend, write]) => {
      const written = attempt(() => write(module, info))
      return written instanceof NagaError ? [{ backend, reason: reasonOf(written) }] : []
    })
  } finally {
    if (!(info instanceof NagaError)) info.free()
    module.free()
  }

  function reasonOf({ formatted }: NagaError): string {
    return `${shader} (${label}): ${formatted}`
  }
}

function attempt<T>(work: () => T): T | NagaError {
  try {
    return work()
  } catch (error) {
    if (error instanceof NagaError) return error
    throw error
  }
}

describe('naga translates every pipeline to SPIR-V, MSL, HLSL and GLSL (slow)', () => {
  const refused: { shader: string; wgsl: string; backend: string; reason: string }[] = []
  let count = 0
  before(async () => {
    for (const text of await pipelineTexts()) {
      count++
      refused.push(...refusals(text).map(refusal => ({ ...text, ...refusal })))
    }
  })

  it('of kernels and networks', () => {
    expect(count).to.be.above(300)
    const unexplained = refused.filter(
      ({ shader, wgsl, backend }) => exceptionOf(shader, wgsl, backend) === undefined,
    )
    expect(unexplained.map(({ backend, reason }) => `${backend}: ${reason}`)).to.deep.equal([])
  })

  it('but for what only other compilers and drivers have', () => {
    const reasons = refused.map(({ shader, wgsl, backend }) => exceptionOf(shader, wgsl, backend))
    expect(new Set(reasons)).to.deep.equal(
      new Set(['matrices of subgroups are an extension of Dawn', 'OpenGL ES has no f16']),
    )
  })
})
