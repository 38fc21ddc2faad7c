import { expect } from 'chai'
import { ShaderError } from '../../src/gpu/errors.ts'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { assemble, numbered, packParams, parseInterface } from '../../src/gpu/wgsl.ts'

const text = `
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(1) var<storage, read> input: array<vec4<Stored>>; // its comment: u32,
// @group(0) @binding(3) var<storage, read> no_longer: array<f32>;
struct Other { x: vec2f }
struct Params {
  count: u32, // of: u32
  shift: i32,
  scale: f32
}
`

describe('gpu/wgsl', () => {
  it('reads struct Params and the bindings in the order of their numbers', () => {
    expect(parseInterface(text)).to.deep.equal({
      params: [
        { name: 'count', type: 'u32' },
        { name: 'shift', type: 'i32' },
        { name: 'scale', type: 'f32' },
      ],
      buffers: [
        { name: 'input', binding: 1, access: 'read', stored: true },
        { name: 'output', binding: 2, access: 'read_write', stored: false },
      ],
      divisible: false,
    })
  })

  it('sees whether a dispatch may start at any workgroup', () => {
    const whole = Object.values(shadersByName).filter(({ wgsl }) => !parseInterface(wgsl).divisible)
    expect(whole.map(({ name }) => name)).to.deep.equal(['scene_share', 'softmax_cross_entropy_merge'])
  })

  it('reads every shader, with bindings numbered from 1', () => {
    for (const { name, wgsl } of Object.values(shadersByName)) {
      const { params, buffers } = parseInterface(wgsl)
      expect(params, name).not.to.have.length(0)
      expect(
        buffers.map(({ binding }) => binding),
        name,
      ).to.deep.equal(buffers.map((_, index) => index + 1))
    }
  })

  it('treats a vec4u as four fields, named after its components', () => {
    const { params } = parseInterface('struct Params { size: vec4u, shift: i32 }')
    const names = ['size.x', 'size.y', 'size.z', 'size.w', 'shift']
    expect(params.map(({ name }) => name)).to.deep.equal(names)
    const bytes = packParams(
      params,
      { 'size.x': 1, 'size.y': 2, 'size.z': 3, 'size.w': 4, shift: -5 },
      'test',
    )
    expect([...new Int32Array(bytes)]).to.deep.equal([1, 2, 3, 4, -5, 0, 0, 0])
  })

  it('refuses a parameter of another type, and a vec4u at an offset that WGSL would pad', () => {
    expect(() => parseInterface('struct Params { a: u32, size: vec2u }')).to.throw('and vec4u, not vec2u')
    expect(() => parseInterface('struct Params { a: u32, size: vec4u }')).to.throw('before the scalars')
  })

  describe('packParams', () => {
    const { params } = parseInterface(text)

    it('packs by name, in the order of the struct, padded to 16 bytes', () => {
      const bytes = packParams(params, { scale: 0.5, shift: -2, count: 0xfffffffe }, 'test')
      expect(bytes.byteLength).to.equal(16)
      const view = new DataView(bytes)
      expect(view.getUint32(0, true)).to.equal(0xfffffffe)
      expect(view.getInt32(4, true)).to.equal(-2)
      expect(view.getFloat32(8, true)).to.equal(0.5)
    })

    it('throws on a missing, an extra and a fractional parameter, with its name', () => {
      const good = { count: 1, shift: 0, scale: 1 }
      const { shift: _, ...missing } = good
      expect(() => packParams(params, missing, 'aspp')).to.throw('aspp: parameter shift is missing')
      expect(() => packParams(params, { ...good, stride: 1 }, 'aspp')).to.throw(
        'aspp: no such parameter: stride',
      )
      expect(() => packParams(params, { ...good, count: 1.5 }, 'aspp')).to.throw(
        'aspp: parameter count is 1.5, which no u32 can hold',
      )
      expect(() => packParams(params, { ...good, shift: Number.NaN }, 'aspp')).to.throw(
        'is NaN, which no i32 can hold',
      )
    })

    it('throws on an integer that its type cannot hold', () => {
      for (const outside of [
        { count: -1 },
        { count: 2 ** 32 },
        { shift: 2 ** 31 },
        { shift: -(2 ** 31) - 1 },
      ])
        expect(() => packParams(params, { count: 1, shift: 0, scale: 1, ...outside }, 'aspp')).to.throw(
          /is -?\d+, which no [ui]32 can hold/,
        )
    })
  })

  it('makes Stored f16 if a kernel stores f16', () => {
    const text = '// A header\nalias Stored = f32; // or f16\n'
    expect(assemble(text)).to.equal(text)
    expect(assemble(text, { stored: 'f16' })).to.equal(
      'enable f16; // A header\nalias Stored = f16; // or f16\n',
    )
    expect(assemble('// none\n', { stored: 'f16' })).to.equal('enable f16; // none\n')
  })

  it('adds the size of subgroups that a kernel asks for to the entry point', () => {
    const text = '// A header with @compute\n@compute @workgroup_size(64)\nfn main() {}\n'
    const enables = 'enable subgroups; enable subgroup_size_control; '
    const sized = `${enables}${text.replace('\n@compute', '\n@compute @subgroup_size(32)')}`
    expect(assemble(text, { subgroupSize: 32 })).to.equal(sized)
    expect(assemble(text, { subgroupSize: 32, stored: 'f16' })).to.equal(`enable f16; ${sized}`)
  })

  it('makes a value uniform in each subgroup, where the shader has a function for it', () => {
    const text = 'fn uniform_in_subgroup(value: u32) -> u32 { return value; }\n'
    expect(assemble(text)).to.equal(text)
    const uniform = `enable subgroups; ${text.replace('return value', 'return subgroupBroadcastFirst(value)')}`
    expect(assemble(text, { isUniform: true })).to.equal(uniform)
    expect(() => assemble('fn f() {}\n', { label: 'conv', isUniform: true })).to.throw(
      ShaderError,
      'conv: the shader declares no function uniform_in_subgroup',
    )
  })

  describe('constants', () => {
    const text = 'const TILE = 4u; // a tile\nconst LANES = 8u;\nconst SIZE = TILE * LANES;\nfn f() {}\n'

    it('replaces defaults by name, on the same lines', () => {
      expect(assemble(text)).to.equal(text)
      expect(assemble(text, { constants: { LANES: 16 } })).to.equal(
        text.replace('const LANES = 8u;', 'const LANES = 16u;'),
      )
    })

    it('throws on a constant that the text does not declare or that it computes, with its name', () => {
      for (const name of ['WIDTH', 'SIZE', 'TIL', 'f'])
        expect(() => assemble(text, { label: 'aspp', constants: { TILE: 2, [name]: 1 } })).to.throw(
          ShaderError,
          `aspp: the shader declares no constant ${name}`,
        )
    })
  })

  it('numbers lines', () => {
    expect(numbered('a\nb')).to.equal('   1  a\n   2  b')
  })
})
