import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import type { Kernel, Shader } from '../../src/gpu/kernel.ts'
import { Program } from '../../src/gpu/program.ts'
import { HeldCopies } from '../../src/gpu/quirks/texture_copies.ts'
import { TEXTURE_WIDTH } from '../../src/gpu/quirks/texture_reads.ts'
import { runKernel, uploadOperands } from '../../src/gpu/run_kernel.ts'
import { assemble, parseInterface } from '../../src/gpu/wgsl.ts'
import { testGpu } from '../support/gpu.ts'

const text = `
alias Stored = f32;
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

fn input_at(index: u32) -> vec4f { return vec4f(input[index]); }
fn shift_at(index: u32) -> vec4f { return vec4f(shift[index]); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.count) { output[id.x] = input_at(id.x) + shift_at(id.x); }
}
`
const shader: Shader = { name: 'shifted', wgsl: text }

/** Over whole rows of the texture, and over a part of one. */
const COUNT = 2 * TEXTURE_WIDTH + 3
const kernel: Kernel = {
  label: 'shifted',
  shader,
  params: { count: COUNT },
  inputs: { input: COUNT * 16, shift: COUNT * 16 },
  outputs: { output: COUNT * 16 },
  workgroups: Math.ceil(COUNT / 64),
}
const input = Float32Array.from({ length: COUNT * 4 }, (_, i) => i)
const shift = Float32Array.from({ length: COUNT * 4 }, (_, i) => (i % 7) / 8)
const sum = input.map((value, i) => value + shift[i])

describe('reads through textures', () => {
  it('take the place of two lines for each input, and name its format', () => {
    const { buffers } = parseInterface(assemble(text, { textures: ['input', 'shift'], stored: 'f16' }))
    expect(buffers).to.deep.equal([
      { name: 'input', binding: 1, access: 'read', stored: true, texture: 'rgba16float' },
      { name: 'shift', binding: 2, access: 'read', stored: true, texture: 'rgba32float' },
      { name: 'output', binding: 3, access: 'read_write', stored: false },
    ])
  })

  it('are refused where the shader lacks the lines', () => {
    expect(() => assemble(text, { label: 'layer', textures: ['output'] })).to.throw(
      ShaderError,
      'layer: the shader cannot read output through a texture',
    )
  })

  for (const textures of [['input'], ['shift'], ['input', 'shift']])
    it(`give the values of the buffers: ${textures.join(' and ')}`, async () => {
      const { output } = await runKernel(await testGpu(), { ...kernel, textures }, { input, shift })
      expect(new Float32Array(output.buffer)).to.deep.equal(sum)
    })

  it('see what the dispatch before wrote, in every run of a program, and leave no texture behind', async () => {
    const gpu = await testGpu()
    const before = gpu.memory
    const ranges = await uploadOperands(gpu, kernel, { input, shift })
    const again = { ...ranges, input: ranges.output, output: ranges.input }
    const through = { ...kernel, textures: ['input', 'shift'] }
    const program = await Program.create(gpu, 'twice', [
      { kernel: through, ranges },
      { kernel: through, ranges: again },
    ])
    for (let run = 0; run < 2; run++) await program.run()
    const found = await gpu.download(ranges.input.buffer, COUNT * 16)
    expect(new Float32Array(found.buffer)).to.deep.equal(input.map((value, i) => value + 4 * shift[i]))
    for (const { milliseconds } of await program.profile()) expect(milliseconds).to.be.within(0, 100_000)
    expect(await program.time(2)).to.be.within(0, 1000)
    program.destroy()
    for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
    expect(gpu.memory.liveBytes).to.equal(before.liveBytes)
  })
})

describe('held copies', () => {
  const buffer = {} as GPUBuffer
  const copyOf = (offset: number, binding = 1) =>
    ({ binding, format: 'rgba32float', range: { buffer, offset, size: 32 } }) as const

  it('are made once, until another copy or a write takes their place', () => {
    const held = new HeldCopies()
    expect(held.isNew(copyOf(0))).to.equal(true)
    expect(held.isNew(copyOf(0))).to.equal(false)
    expect(held.isNew(copyOf(0, 2)), 'another texture').to.equal(true)
    expect(held.isNew(copyOf(64)), 'another range').to.equal(true)
    expect(held.isNew(copyOf(0)), 'the first again').to.equal(true)

    held.forget([
      { buffer, offset: 32, size: 32 },
      { buffer: {} as GPUBuffer, offset: 0, size: 32 },
    ])
    expect(held.isNew(copyOf(0)), 'beside what was written').to.equal(false)
    held.forget([{ buffer, offset: 31, size: 1 }])
    expect(held.isNew(copyOf(0)), 'what was written').to.equal(true)
  })
})
