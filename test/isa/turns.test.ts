import { expect } from 'chai'
import { parseAmd } from '../../bench/isa/amd.ts'
import { averagesOf } from '../../bench/isa/averages.ts'
import { withLoops } from '../../bench/isa/program.ts'
import {
  type SourceLoop,
  shaderConstants,
  sourceLoops,
  workgroupBytes,
  workgroupSize,
} from '../../bench/isa/source_loops.ts'
import { turnsOf } from '../../bench/isa/turns.ts'
import { assemble } from '../../src/gpu/wgsl.ts'
import { conv2dTiled } from '../../src/kernels/convolution/conv2d_tiled.ts'

const WGSL = `
const LANES = 8u;
const ROWS = 2u * LANES;
fn helper(n: u32) -> u32 {
  var sum = 0u;
  for (var h = 0u; h < params.helped; h++) { sum += h; }
  return sum;
}
@compute @workgroup_size(LANES, 2)
fn main() {
  let count = params.count + 1u;
  for (var i = 0u; i <= count; i++) {
    for (var r = 0u; r < ROWS; r += 4u) { sum = fma(a, b, sum); }
    for (var k = 0u; k < 8u; k++) { sums[k] = a * b[k].x + sums[k]; }
  }
  if (LANES == 4u) { for (var gone = 0u; gone < 9u; gone++) {} } else { let x = helper(1u); }
  if (params.count == 0u) { for (var never = 0u; never < params.count; never++) {} }
  for (var half = 32u; half > 0u; half /= 2u) {}
  for (var share = lane; share < params.count; share += LANES) {}
  while (busy()) {}
}
`

/** As text: `name:turns`, with `!` where a compiler can count them, `*` with multiply-adds, and the loops within in brackets. */
const text = (loops: readonly SourceLoop[]): string =>
  loops
    .map(({ name, turns, fixed, multiplies, loops }) => {
      const inner = loops.length > 0 ? `[${text(loops)}]` : ''
      return `${name}:${turns}${fixed ? '!' : ''}${multiplies ? '*' : ''}${inner}`
    })
    .join(' ')

/** The same of a program: two loops, of which the second has another in it. */
const CODE = `
BB0:
	ds_store_b128 v1, v[4:7]
	s_cbranch_scc1 BB0
BB1:
	v_add_f32 v1, v1, v2
BB2:
	v_fma_f32 v3, v4, v5, v3
	s_cbranch_scc1 BB2
BB3:
	s_cbranch_scc1 BB1
`
const code = withLoops(parseAmd(CODE, { wave: 64, generation: 11 }))
const loop = (name: string, turns: number | undefined, fields: Partial<SourceLoop> = {}): SourceLoop => ({
  ...{ name, turns, fixed: false, multiplies: false, loops: [] },
  ...fields,
})

describe('bench/isa/source_loops', () => {
  it("counts the turns of each loop by the text and the kernel's numbers, functions in their places", () => {
    const params = { count: 20, helped: 3 }
    const loops = sourceLoops(WGSL, { params, averages: { while: 5 } })
    expect(text(loops)).to.equal('i:22*[r:4!* k:8!*] h:3 never:0 half:6! share:2.5 while:5')
  })

  it('calls the turns unknown that neither the text nor the averages say', () => {
    const [, , , , , last] = sourceLoops(WGSL, { params: { count: 20, helped: 3 }, averages: {} })
    expect(last).to.deep.include({ name: 'while', turns: undefined })
  })

  it('counts the invocations of a workgroup', () => {
    expect(workgroupSize(WGSL)).to.equal(16)
  })

  it('counts the bytes of workgroup memory', () => {
    const wgsl = `
      const LANES = 8u;
      const ONE = 1u;
      struct Span { first: u32, count: u32, }
      struct Work { row: u32, ys: Span, sums: vec4<f32>, pad: u32 }
      var<private> own: array<vec4f, 64>;
      var<workgroup> one: atomic<u32>; // 4
      var<workgroup> corners: array<vec2u, select(LANES * 2u, 1u, ONE == 0u)>; // 128
      var<workgroup> work: array<array<Work, 2>, LANES>; // 512`
    expect(workgroupBytes(wgsl)).to.equal(4 + 128 + 512)
    expect(workgroupBytes(wgsl.replace('ONE = 1u', 'ONE = 0u'))).to.equal(4 + 8 + 512)
  })
})

describe('bench/isa/turns', () => {
  const inner = loop('x', 6, { multiplies: true })
  const outer = loop('y', 5, { multiplies: true, loops: [inner] })
  const sizes = { shared: 4096, lanes: 64, wave: 64 }

  it('matches loops in their order and nesting, past those that the compiler has unrolled', () => {
    const unrolled = loop('p', 4, { fixed: true, multiplies: true })
    const sources = [unrolled, { ...outer, loops: [unrolled, { ...inner, loops: [unrolled] }] }, unrolled]
    const { of, unknown } = turnsOf(code, sources, sizes)
    expect([...of.values()]).to.deep.equal([4, 5, 6])
    expect(unknown).to.deep.equal([])
  })

  it('knows the loop that sets workgroup memory to zero', () => {
    const { of } = turnsOf(code, [outer], { ...sizes, shared: 16 * 64 * 7 })
    expect([...of.values()]).to.deep.equal([7, 5, 6])
  })

  it('takes the outer one of two loops for the one that is left: compilers unroll inner loops first', () => {
    const once = { ...code, loops: [{ ...code.loops[1], loops: [] }] }
    const within = loop('t', 1, { fixed: true, multiplies: true })
    const { of } = turnsOf(once, [loop('turn', 32, { fixed: true, multiplies: true, loops: [within] })], {
      ...sizes,
      shared: 0,
    })
    expect([...of.values()]).to.deep.equal([32])
  })

  it('says which loops are unknown', () => {
    const { of, unknown } = turnsOf(code, [{ ...outer, turns: undefined }], { ...sizes, shared: 0 })
    expect([...of.values()]).to.deep.equal([1, 1, 6])
    expect(unknown).to.deep.equal(['of the compiler', 'over y'])
  })
})

describe('bench/isa/averages', () => {
  it('leaves a loop unknown whose numbers a shader no longer has', () => {
    expect(averagesOf('sgd', { params: {}, constants: new Map([['LANE_PARAMETERS', 4]]) })).to.deep.equal({
      i: 4,
    })
    expect(averagesOf('sgd', { params: {}, constants: new Map() })).to.deep.equal({})
    expect(averagesOf('conv2d_tiled', { params: {}, constants: new Map() })).to.deep.equal({})
  })

  it('gives the steps of an average workgroup of conv2d_tiled: its multiply-adds are those of the kernel', () => {
    const window = {
      kernel: [3, 3] as const,
      stride: 1,
      dilation: 1,
      padding: { top: 1, left: 1, bottom: 1, right: 1 },
    }
    const kernel = conv2dTiled({
      label: 'test',
      input: [1, 33, 33, 64],
      outChannels: 64,
      activation: 'none',
      ...window,
    })
    const wgsl = assemble(kernel.shader.wgsl, kernel)
    const constants = shaderConstants(wgsl)
    const { s } = averagesOf('conv2d_tiled', { params: kernel.params, constants })
    const tile = constants.get('WORKGROUP_PIXELS')! * constants.get('WORKGROUP_VECTORS')! * 4
    const macs = kernel.workgroups * s * tile * constants.get('STEP_VECTORS')! * 4
    expect(macs / kernel.macs!).to.be.within(0.95, 1.3) // no tap in the padding, and tiles that are partly empty
  })
})
