import { expect } from 'chai'
import { shadersByName } from '../../src/gpu/shaders_by_name.ts'
import { assemble, parseInterface } from '../../src/gpu/wgsl.ts'
import { tokensOf } from '../../src/gpu/wgsl_tokens.ts'

const { shortening } = await import(new URL('../../scripts/short_names.mjs', import.meta.url).href)

const textsOf = (wgsl: string) => tokensOf(wgsl).map(({ text }) => text)

describe('short names in the package’s WGSL', () => {
  const shaders = Object.values(shadersByName)
  const shorten: (wgsl: string) => string = shortening(
    shaders.map(({ wgsl }) => wgsl),
    tokensOf,
  )

  it('are those of parameters and of what functions declare; fields, constants, buffers and functions keep theirs', () => {
    const text = `const LANES = 4u;
struct Params { count: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
fn sum_of(first: u32, count: u32) -> u32 {
  let extent = Params(first, count);
  var total = LANES;
  for (var turn = 0u; turn < extent.count; turn++) { total += extent.first + params.count; }
  return total;
}
`
    expect(shortening([text], tokensOf)(text)).to.equal(`const LANES = 4u;
struct Params { count: u32, first: u32 }
@group(0) @binding(0) var<uniform> params: Params;
fn sum_of(d: u32, e: u32) -> u32 {
  let a = Params(d, e);
  var b = LANES;
  for (var c = 0u; c < a.count; c++) { b += a.first + params.count; }
  return b;
}
`)
  })

  for (const { name, wgsl } of shaders)
    it(`leave the same program with the same interface: ${name}`, () => {
      const short = shorten(wgsl)
      const [before, after] = [textsOf(wgsl), textsOf(short)]
      expect(after).to.have.length(before.length)
      const there = new Map(before.map((text, i) => [text, new Set([after[i]])]))
      const back = new Map<string, string>()
      for (const [i, text] of before.entries()) {
        there.get(text)!.add(after[i])
        // A name is itself where it is a field, and the same short name everywhere else.
        expect([...there.get(text)!].filter(other => other !== text).length, text).to.be.at.most(1)
        expect(back.get(after[i]) ?? text, after[i]).to.equal(text)
        back.set(after[i], text)
      }
      expect(parseInterface(short)).to.deep.equal(parseInterface(wgsl))
      const textures = [
        ...wgsl.matchAll(/^fn (\w+)_at\(index: u32\) -> vec4f { return vec4f\(\1\[index\]\); }/gm),
      ].map(([, input]) => input)
      const isUniform = wgsl.includes('fn uniform_in_subgroup')
      expect(() => assemble(short, { label: name, textures, isUniform })).to.not.throw()
    })
})
